BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0005');
CREATE TABLE answers (
	conversation_id BIGINT NOT NULL, 
	seq BIGINT NOT NULL, 
	question_seq BIGINT NOT NULL, 
	question_upto BIGINT NOT NULL, 
	source VARCHAR(16) NOT NULL, 
	model TEXT NOT NULL, 
	input_tokens BIGINT NOT NULL, 
	cached_tokens BIGINT NOT NULL, 
	output_tokens BIGINT NOT NULL, 
	cost_micro_usd BIGINT NOT NULL, 
	milliseconds BIGINT NOT NULL, 
	at BIGINT NOT NULL, version VARCHAR(64), 
	CONSTRAINT pk_answers PRIMARY KEY (conversation_id, seq), 
	CONSTRAINT fk_answers_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversations (id)
)
 WITHOUT ROWID

;
INSERT INTO "answers" VALUES(1,2,1,1,'gpt','gpt-5-mini',120,0,9,48,1500,1772366400123456,NULL);
CREATE TABLE cases (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	conversation_id BIGINT NOT NULL, 
	open_key BIGINT, 
	state VARCHAR(16) NOT NULL, 
	reason TEXT NOT NULL, 
	workspace VARCHAR(64), 
	channel VARCHAR(64), 
	thread VARCHAR(64), 
	agent_id VARCHAR(64), 
	agent_name TEXT, 
	agent_avatar VARCHAR(64), 
	opened_at BIGINT NOT NULL, 
	first_seq BIGINT NOT NULL, 
	due_at BIGINT, 
	reminded_at BIGINT, 
	gave_up_at BIGINT, 
	closed_at BIGINT, 
	CONSTRAINT fk_cases_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversations (id), 
	CONSTRAINT uq_cases_open_key UNIQUE (open_key), 
	CONSTRAINT uq_cases_workspace UNIQUE (workspace, channel, thread)
);
INSERT INTO "cases" VALUES(1,2,2,'waiting','asked for a person',NULL,NULL,NULL,NULL,NULL,NULL,1772366400123456,1,NULL,NULL,NULL,NULL);
CREATE TABLE conversations (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	channel VARCHAR(32) NOT NULL, 
	account VARCHAR(255) NOT NULL, 
	peer VARCHAR(255) NOT NULL, 
	mode VARCHAR(16) NOT NULL, 
	version BIGINT NOT NULL, 
	last_seq BIGINT NOT NULL, 
	pending_seq BIGINT, 
	attempts INTEGER NOT NULL, 
	seen_seq BIGINT NOT NULL, 
	sender_name TEXT NOT NULL, 
	sender_username TEXT NOT NULL, 
	sender_language TEXT NOT NULL, 
	language TEXT NOT NULL, 
	page TEXT NOT NULL, 
	context TEXT NOT NULL, 
	case_id BIGINT, 
	agent_kind VARCHAR(16), 
	agent_name TEXT, 
	agent_avatar VARCHAR(64), 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT uq_conversations_channel UNIQUE (channel, account, peer)
);
INSERT INTO "conversations" VALUES(1,'web','','anna','bot',0,2,NULL,0,0,'','','','','','',NULL,NULL,NULL,NULL,1772366400123456,1772366400123456);
INSERT INTO "conversations" VALUES(2,'telegram','shopbot','4711','bot',0,1,NULL,0,0,'','','','','','',1,NULL,NULL,NULL,1772366400123456,1772366400123456);
CREATE TABLE cursors (
	name VARCHAR(255) NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_cursors PRIMARY KEY (name)
);
CREATE TABLE deliveries (
	id INTEGER NOT NULL, 
	"key" VARCHAR(64) NOT NULL, 
	lane VARCHAR(64) NOT NULL, 
	open_lane VARCHAR(64), 
	target VARCHAR(16) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	conversation_id BIGINT NOT NULL, 
	case_id BIGINT, 
	seq BIGINT NOT NULL, 
	part INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	detail TEXT NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	attempts INTEGER NOT NULL, 
	next_at BIGINT NOT NULL, 
	first_try_at BIGINT, 
	remote_id TEXT NOT NULL, 
	error TEXT NOT NULL, 
	uncertain INTEGER NOT NULL, 
	CONSTRAINT pk_deliveries PRIMARY KEY (id), 
	CONSTRAINT fk_deliveries_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversations (id), 
	CONSTRAINT uq_deliveries_conversation_id UNIQUE (conversation_id, seq, kind, lane, part), 
	CONSTRAINT uq_deliveries_key UNIQUE ("key")
);
INSERT INTO "deliveries" VALUES(1,'k1','case:1','case:1','desk','open',2,1,1,0,'','','pending',0,1772366400123456,NULL,'','',0);
INSERT INTO "deliveries" VALUES(2,'k2','customer:2','customer:2','customer','reply',2,NULL,1,0,'One moment','','pending',0,1772366400123456,NULL,'','',0);
CREATE TABLE expenses (
	id INTEGER NOT NULL, 
	conversation_id BIGINT, 
	reason VARCHAR(16) NOT NULL, 
	model TEXT NOT NULL, 
	input_tokens BIGINT NOT NULL, 
	cached_tokens BIGINT NOT NULL, 
	output_tokens BIGINT NOT NULL, 
	cost_micro_usd BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_expenses PRIMARY KEY (id), 
	CONSTRAINT fk_expenses_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversations (id)
);
INSERT INTO "expenses" VALUES(1,2,'failed','gpt-5-mini',120,0,0,30,1772366400123456);
CREATE TABLE files (
	id VARCHAR(64) NOT NULL, 
	conversation_id BIGINT, 
	owner_channel VARCHAR(32), 
	owner_account VARCHAR(255), 
	owner_peer VARCHAR(255), 
	kind VARCHAR(16) NOT NULL, 
	name TEXT NOT NULL, 
	media_type TEXT NOT NULL, 
	size BIGINT, 
	source TEXT NOT NULL, 
	remote TEXT NOT NULL, 
	picture_key VARCHAR(64), 
	path TEXT, 
	created_at BIGINT NOT NULL, 
	expires_at BIGINT, 
	CONSTRAINT pk_files PRIMARY KEY (id), 
	CONSTRAINT fk_files_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversations (id), 
	CONSTRAINT uq_files_picture_key UNIQUE (picture_key)
);
CREATE TABLE known_answers (
	"key" VARCHAR(64) NOT NULL, 
	text TEXT NOT NULL, 
	model TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_known_answers PRIMARY KEY ("key")
);
INSERT INTO "known_answers" VALUES('0f1e','Twice a week.','gpt-5-mini',1772366400123456);
CREATE TABLE messages (
	conversation_id BIGINT NOT NULL, 
	seq BIGINT NOT NULL, 
	author_kind VARCHAR(16) NOT NULL, 
	author_name TEXT NOT NULL, 
	author_avatar VARCHAR(64), 
	text TEXT NOT NULL, 
	buttons TEXT, 
	attachments TEXT, 
	external_key BIGINT, 
	external_id TEXT NOT NULL, 
	answered_by TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	edited_at BIGINT, 
	deleted_at BIGINT, 
	CONSTRAINT pk_messages PRIMARY KEY (conversation_id, seq), 
	CONSTRAINT fk_messages_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversations (id)
);
INSERT INTO "messages" VALUES(1,1,'customer','Anna',NULL,'hello',NULL,NULL,-3377847241035172268,'m1','',1772366400123456,NULL,NULL);
INSERT INTO "messages" VALUES(2,1,'customer','Anna',NULL,'refund',NULL,NULL,-2679195954854176781,'m:1','',1772366400123456,NULL,NULL);
INSERT INTO "messages" VALUES(1,2,'bot','',NULL,'你好 👋',NULL,NULL,NULL,'','rule:hello',1772366400123456,NULL,NULL);
CREATE TABLE vectors (
	"key" VARCHAR(64) NOT NULL, 
	value BLOB NOT NULL, 
	CONSTRAINT pk_vectors PRIMARY KEY ("key")
);
INSERT INTO "vectors" VALUES('00ff',X'003C0038');
CREATE INDEX ix_conversations_pending_seq ON conversations (pending_seq);
CREATE INDEX ix_cases_conversation_id ON cases (conversation_id);
CREATE INDEX ix_cases_due_at ON cases (due_at);
CREATE INDEX ix_deliveries_open_lane ON deliveries (open_lane, id);
CREATE INDEX ix_files_conversation_id ON files (conversation_id);
CREATE INDEX ix_files_expires_at ON files (expires_at);
CREATE UNIQUE INDEX uq_messages_conversation_id ON messages (conversation_id, external_key) WHERE external_key IS NOT NULL;
CREATE INDEX ix_answers_at ON answers (at, cost_micro_usd);
CREATE INDEX ix_expenses_at ON expenses (at, cost_micro_usd);
CREATE INDEX ix_expenses_conversation_id ON expenses (conversation_id);
CREATE INDEX ix_known_answers_at ON known_answers (at);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('conversations',2);
INSERT INTO "sqlite_sequence" VALUES('cases',1);
COMMIT;
