// What the widget says in Chinese.

export const words = {
  title: "聊天", close: "关闭聊天", log: "消息", placeholder: "输入消息…",
  send: "发送", attach: "添加文件", remove: "移除", you: "您",
  bot: "我们会立即回复", waiting: "正在等待同事",
  human: "{name} 正在为您服务", someone: "同事", closed: "本次对话已结束",
  connecting: "正在连接…", lost: "连接已断开，正在重试…",
  offline: "您已离线，恢复网络后消息会自动发送。",
  sending: "发送中…", sent: "已发送", delivered: "已送达", seen: "已读", notSent: "未发送", retry: "重试",
  slow: "消息太频繁，稍后会自动发送…", tooLong: "消息太长。",
  refused: "此消息无法发送。", expired: "文件已过期，请重新添加。",
  deleted: "消息已删除", edited: "已编辑", typing: "{name} 正在输入", assistant: "助手",
  newMessages: "新消息", today: "今天", yesterday: "昨天",
  tooBig: "{name} 超过 {max} MB。", uploadFailed: "{name} 上传失败。",
  tooMany: "最多十个文件。", drop: "松开以添加文件", left: "还可输入 {count} 字",
  over: "超出 {count} 字", newTab: "在新标签页中打开", image: "图片", audio: "音频", file: "文件",
};
