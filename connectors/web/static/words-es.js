// What the widget says in Spanish.

export const words = {
  title: "Chat", close: "Cerrar el chat", log: "Mensajes", placeholder: "Escriba un mensaje…",
  send: "Enviar", attach: "Adjuntar un archivo", remove: "Quitar", you: "Usted",
  bot: "Respondemos al momento", waiting: "Esperando a una persona del equipo",
  human: "Está hablando con {name}", someone: "una persona del equipo", closed: "Esta conversación ha terminado",
  connecting: "Conectando…", lost: "Se ha perdido la conexión. Intentándolo de nuevo…",
  offline: "Está sin conexión. Sus mensajes se enviarán cuando vuelva.",
  sending: "Enviando…", sent: "Enviado", delivered: "Entregado", seen: "Leído", notSent: "No enviado",
  retry: "Reintentar", slow: "Demasiados mensajes. Se enviarán enseguida…", tooLong: "El mensaje es demasiado largo.",
  refused: "No se ha podido enviar este mensaje.", expired: "Un archivo ha caducado. Adjúntelo de nuevo.",
  deleted: "Mensaje eliminado", edited: "editado", typing: "{name} está escribiendo", assistant: "El asistente",
  newMessages: "Mensajes nuevos", today: "Hoy", yesterday: "Ayer",
  tooBig: "{name} ocupa más de {max} MB.", uploadFailed: "No se ha podido subir {name}.",
  tooMany: "Diez archivos como máximo.", drop: "Suelte archivos para adjuntarlos", left: "quedan {count}",
  over: "sobran {count}", newTab: "se abre en otra pestaña", image: "Imagen", audio: "Audio", file: "Archivo",
};
