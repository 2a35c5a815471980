"""German. Customers are addressed as "Sie"."""

from __future__ import annotations

from collections.abc import Mapping

SENTENCES: Mapping[str, str] = {
    "handover": "Ich habe jemanden aus dem Team gerufen; die Antwort kommt hier. Bitte bleiben "
    "Sie hier.",
    "handover_closed": "Unser Team ist gerade nicht da. Hinterlassen Sie hier Ihre E-Mail-Adresse "
    "oder Telefonnummer, dann melden wir uns bei Ihnen.",
    "handover_nobody": "Ich kann von hier aus gerade niemanden erreichen. Hinterlassen Sie Ihre "
    "E-Mail-Adresse oder Telefonnummer, dann melden wir uns bei Ihnen.",
    "still_waiting": "Es tut mir leid, dass es so lange dauert. Hinterlassen Sie Ihre "
    "E-Mail-Adresse oder Telefonnummer, dann antworten wir Ihnen dort, falls wir Sie hier "
    "verpassen.",
    "contact_noted": "Danke, ich habe das für meine Kollegen notiert.",
    "cannot_answer": "Darauf weiß ich keine Antwort. Ich habe deshalb jemanden aus dem Team "
    "gerufen; die Antwort kommt hier.",
    "gpt_failed": "Das kann ich im Moment leider nicht beantworten. Ich habe jemanden aus dem "
    "Team gerufen; die Antwort kommt hier.",
    "agent_joined": "{agent} ist jetzt im Chat.",
    "agent_unnamed": "Jemand aus dem Team",
    "handed_back": "Jetzt bin ich wieder da, der Assistent. Fragen Sie mich, was Sie möchten, "
    "oder fragen Sie nach einem Menschen.",
    "closed": "Dieser Chat ist beendet. Schreiben Sie hier wieder, wann immer Sie möchten.",
    "too_fast": "Das war viel auf einmal. Bitte schreiben Sie in {seconds} Sekunden wieder.",
    "too_long": "Das ist zu lang für mich. Bitte bleiben Sie unter {limit} Zeichen pro Nachricht.",
    "unavailable": "Ich kann gerade keine Nachrichten annehmen. Bitte versuchen Sie es in einer "
    "Minute noch einmal.",
    "file_too_large": "{name} ist zu groß. Dateien bis {limit} MB sind möglich.",
    "file_failed": "Eine Datei konnte nicht zugestellt werden: {name}.",
    "file_only": "Danke, die Datei ist da. Was möchten Sie wissen?",
    "unsupported": "Ich kann Text, Bilder, Dateien und Sprachnachrichten annehmen, das hier aber "
    "nicht. Bitte schreiben Sie mir.",
    "source": "Quelle: {source}",
    "did_you_mean": "Meinten Sie eine dieser Fragen?",
    "none_of_these": "Etwas anderes",
    "welcome": "Hallo! Hier ist {business}. Wie kann ich Ihnen helfen?",
    "choose_number": "Antworten Sie mit einer Zahl:",
}
