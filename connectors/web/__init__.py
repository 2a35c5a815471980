"""The chat on the company's own site: one WebSocket a tab, the transcript as its outbox."""
