// What the widget says in German.

export const words = {
  title: "Chat", close: "Chat schließen", log: "Nachrichten", placeholder: "Nachricht schreiben …",
  send: "Senden", attach: "Datei anhängen", remove: "Entfernen", you: "Sie",
  bot: "Wir antworten sofort", waiting: "Jemand aus dem Team wurde gerufen",
  human: "Sie sprechen mit {name}", someone: "jemandem aus dem Team", closed: "Dieses Gespräch ist beendet",
  connecting: "Verbindung wird aufgebaut …", lost: "Verbindung verloren. Neuer Versuch …",
  offline: "Sie sind offline. Ihre Nachrichten werden gesendet, sobald Sie wieder online sind.",
  sending: "Wird gesendet …", sent: "Gesendet", delivered: "Zugestellt", seen: "Gelesen", notSent: "Nicht gesendet",
  retry: "Noch einmal", slow: "Zu viele Nachrichten. Gleich geht es weiter …", tooLong: "Die Nachricht ist zu lang.",
  refused: "Diese Nachricht konnte nicht gesendet werden.", expired: "Eine Datei ist abgelaufen. Hängen Sie sie noch einmal an.",
  deleted: "Nachricht gelöscht", edited: "bearbeitet", typing: "{name} schreibt", assistant: "Der Assistent",
  newMessages: "Neue Nachrichten", today: "Heute", yesterday: "Gestern",
  tooBig: "{name} ist größer als {max} MB.", uploadFailed: "{name} konnte nicht hochgeladen werden.",
  tooMany: "Höchstens zehn Dateien.", drop: "Dateien hier ablegen, um sie anzuhängen", left: "noch {count}",
  over: "{count} zu viel", newTab: "öffnet einen neuen Tab", image: "Bild", audio: "Audio", file: "Datei",
};
