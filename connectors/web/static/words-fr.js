// What the widget says in French; a narrow space that does not break stands before the marks that want one.

export const words = {
  title: "Discussion", close: "Fermer la discussion", log: "Messages", placeholder: "Écrivez un message…",
  send: "Envoyer", attach: "Joindre un fichier", remove: "Retirer", you: "Vous",
  bot: "Nous répondons tout de suite", waiting: "Une personne de l’équipe a été prévenue",
  human: "Vous parlez avec {name}", someone: "une personne de l’équipe", closed: "Cette conversation est terminée",
  connecting: "Connexion…", lost: "Connexion perdue. Nouvel essai…",
  offline: "Vous êtes hors ligne. Vos messages partiront à votre retour.",
  sending: "Envoi…", sent: "Envoyé", delivered: "Remis", seen: "Lu", notSent: "Non envoyé",
  retry: "Réessayer", slow: "Trop de messages. L’envoi reprend dans un instant…", tooLong: "Le message est trop long.",
  refused: "Ce message n’a pas pu être envoyé.", expired: "Un fichier a expiré. Joignez-le à nouveau.",
  deleted: "Message supprimé", edited: "modifié", typing: "{name} écrit", assistant: "L’assistant",
  newMessages: "Nouveaux messages", today: "Aujourd’hui", yesterday: "Hier",
  tooBig: "{name} dépasse {max} Mo.", uploadFailed: "{name} n’a pas pu être envoyé.",
  tooMany: "Dix fichiers au plus.", drop: "Déposez des fichiers pour les joindre", left: "encore {count}",
  over: "{count} de trop", newTab: "s’ouvre dans un nouvel onglet", image: "Image", audio: "Audio", file: "Fichier",
};
