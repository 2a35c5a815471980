"""French. Customers are addressed as "vous"; a narrow space that does not break stands before
the marks that want one."""

from __future__ import annotations

from collections.abc import Mapping

SENTENCES: Mapping[str, str] = {
    "handover": "J’ai prévenu une personne de l’équipe, qui vous répondra ici. Merci de rester "
    "avec nous.",
    "handover_closed": "Notre équipe n’est pas là en ce moment. Laissez ici votre adresse e-mail "
    "ou votre numéro de téléphone, et nous reviendrons vers vous.",
    "handover_nobody": "Je ne peux joindre personne de l’équipe pour le moment. Laissez votre "
    "adresse e-mail ou votre numéro de téléphone, et nous reviendrons vers vous.",
    "still_waiting": "Je suis désolé que cela prenne autant de temps. Laissez votre adresse "
    "e-mail ou votre numéro de téléphone, et nous vous répondrons par ce moyen si nous vous "
    "manquons ici.",
    "contact_noted": "Merci, je l’ai noté pour mes collègues.",
    "cannot_answer": "Je ne connais pas la réponse. J’ai donc prévenu une personne de l’équipe, "
    "qui vous répondra ici.",
    "gpt_failed": "Désolé, je ne peux pas répondre à cela pour l’instant. J’ai prévenu une "
    "personne de l’équipe, qui vous répondra ici.",
    "agent_joined": "{agent} a rejoint la conversation.",
    "agent_unnamed": "Une personne de l’équipe",
    "handed_back": "C’est de nouveau moi, l’assistant. Posez-moi vos questions, ou demandez à "
    "parler à une personne.",
    "closed": "Cette conversation est terminée. Écrivez ici de nouveau quand vous voulez.",
    "too_fast": "Cela fait beaucoup à la fois. Merci d’écrire à nouveau dans {seconds} secondes.",
    "too_long": "C’est trop long pour moi. Merci de rester sous {limit} caractères par message.",
    "unavailable": "Je ne peux pas recevoir de messages pour le moment. Merci de réessayer dans "
    "une minute.",
    "file_too_large": "{name} est trop volumineux. Les fichiers peuvent faire jusqu’à {limit} Mo.",
    "file_failed": "Un fichier n’a pas pu être remis\u202f: {name}.",
    "file_only": "Merci, j’ai bien reçu le fichier. Que souhaitez-vous savoir\u202f?",
    "unsupported": "Je peux recevoir du texte, des images, des fichiers et des messages vocaux, "
    "mais pas ceci. Merci de m’écrire.",
    "source": "Source\u202f: {source}",
    "did_you_mean": "Pensez-vous à l’une de ces questions\u202f?",
    "none_of_these": "Autre chose",
    "welcome": "Bonjour\u202f! Ici {business}. Comment puis-je vous aider\u202f?",
    "choose_number": "Répondez par un numéro\u202f:",
}
