"""Spanish. Customers are addressed as "usted"."""

from __future__ import annotations

from collections.abc import Mapping

SENTENCES: Mapping[str, str] = {
    "handover": "He avisado a una persona del equipo, que le responderá aquí. Por favor, no se "
    "vaya.",
    "handover_closed": "Nuestro equipo no está en este momento. Deje aquí su correo electrónico o "
    "su teléfono y nos pondremos en contacto con usted.",
    "handover_nobody": "Ahora mismo no puedo avisar a nadie del equipo. Deje su correo "
    "electrónico o su teléfono y nos pondremos en contacto con usted.",
    "still_waiting": "Siento que esto tarde tanto. Deje su correo electrónico o su teléfono y le "
    "responderemos por ahí si no le encontramos aquí.",
    "contact_noted": "Gracias, lo he anotado para mis compañeros.",
    "cannot_answer": "No sé la respuesta, así que he avisado a una persona del equipo, que le "
    "responderá aquí.",
    "gpt_failed": "Lo siento, ahora mismo no puedo responder a eso. He avisado a una persona del "
    "equipo, que le responderá aquí.",
    "agent_joined": "{agent} se ha unido al chat.",
    "agent_unnamed": "Una persona del equipo",
    "handed_back": "Vuelvo a ser yo, el asistente. Pregúnteme lo que quiera o pida hablar con una "
    "persona.",
    "closed": "Este chat ha terminado. Escriba aquí de nuevo cuando quiera.",
    "too_fast": "Eso ha sido mucho de una vez. Escriba de nuevo dentro de {seconds} segundos, por "
    "favor.",
    "too_long": "Es demasiado largo para mí. Por favor, no pase de {limit} caracteres por "
    "mensaje.",
    "unavailable": "Ahora mismo no puedo recibir mensajes. Inténtelo de nuevo dentro de un "
    "minuto, por favor.",
    "file_too_large": "{name} es demasiado grande. Aquí se admiten archivos de hasta {limit} MB.",
    "file_failed": "No se ha podido entregar un archivo: {name}.",
    "file_only": "Gracias, he recibido el archivo. ¿Qué le gustaría saber?",
    "unsupported": "Puedo recibir texto, imágenes, archivos y mensajes de voz, pero esto no. "
    "Escríbame, por favor.",
    "source": "Fuente: {source}",
    "did_you_mean": "¿Se refiere a una de estas preguntas?",
    "none_of_these": "Otra cosa",
    "welcome": "¡Hola! Le atiende {business}. ¿En qué puedo ayudarle?",
    "choose_number": "Responda con un número:",
}
