-- What the release with schema 0001 had left, killed while two phones talked (sqlite3 .dump).
BEGIN TRANSACTION;
CREATE TABLE access_keys (
	id CHAR(32) NOT NULL, 
	customer_id CHAR(32) NOT NULL, 
	name VARCHAR NOT NULL, 
	detail VARCHAR NOT NULL, 
	token_sha256 VARCHAR(64) NOT NULL, 
	token_prefix VARCHAR(16) NOT NULL, 
	tm_expire DATETIME, 
	tm_create DATETIME NOT NULL, 
	tm_update DATETIME, 
	tm_delete DATETIME, 
	CONSTRAINT pk_access_keys PRIMARY KEY (id), 
	CONSTRAINT fk_access_keys_customer_id FOREIGN KEY(customer_id) REFERENCES customers (id), 
	CONSTRAINT uq_access_keys_token_sha256 UNIQUE (token_sha256)
);
INSERT INTO "access_keys" VALUES('bb9a9715b7f24161af70b90bf1b23141','5a2bdc080b094c7380bededbd7324a41','default','','2efe443e2abdee4a8ec230bed5de45ec0f211218689e526d9506002b013fef5e','vb_ckd_ATaa',NULL,'2030-01-01 00:00:00.000002',NULL,NULL);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE calls (
	id CHAR(32) NOT NULL, 
	customer_id CHAR(32) NOT NULL, 
	flow_id CHAR(32) NOT NULL, 
	activeflow_id CHAR(32) NOT NULL, 
	source JSON NOT NULL, 
	destination JSON NOT NULL, 
	direction VARCHAR(16) NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	action JSON NOT NULL, 
	mute INTEGER NOT NULL, 
	hangup_by VARCHAR(16) NOT NULL, 
	hangup_reason VARCHAR(16) NOT NULL, 
	tm_ringing DATETIME, 
	tm_progressing DATETIME, 
	tm_hangup DATETIME, 
	tm_create DATETIME NOT NULL, 
	tm_update DATETIME, 
	tm_delete DATETIME, 
	CONSTRAINT pk_calls PRIMARY KEY (id), 
	CONSTRAINT fk_calls_customer_id FOREIGN KEY(customer_id) REFERENCES customers (id)
);
INSERT INTO "calls" VALUES('a59a7e280f0246208e84d1d7048b89c9','5a2bdc080b094c7380bededbd7324a41','00000000000000000000000000000000','00000000000000000000000000000000','{"type": "sip", "target": "alice", "target_name": "", "name": "", "detail": ""}','{"type": "sip", "target": "7ace1839-2da8-4ac5-9fb6-7d024f7733cf", "target_name": "", "name": "", "detail": ""}','incoming','progressing','{"id": "00000000-0000-0000-0000-000000000000", "next_id": "00000000-0000-0000-0000-000000000000", "type": "answer", "option": {}}',0,'','','2030-01-01 00:00:00.000006','2030-01-01 00:00:00.000008',NULL,'2030-01-01 00:00:00.000006','2030-01-01 00:00:00.000008',NULL);
INSERT INTO "calls" VALUES('a0a8e82e108948d493f1c531f961bab8','5a2bdc080b094c7380bededbd7324a41','00000000000000000000000000000000','00000000000000000000000000000000','{"type": "sip", "target": "alice", "target_name": "", "name": "", "detail": ""}','{"type": "sip", "target": "7ace1839-2da8-4ac5-9fb6-7d024f7733cf", "target_name": "", "name": "", "detail": ""}','incoming','progressing','{"id": "00000000-0000-0000-0000-000000000000", "next_id": "00000000-0000-0000-0000-000000000000", "type": "answer", "option": {}}',0,'','','2030-01-01 00:00:00.000007','2030-01-01 00:00:00.000009',NULL,'2030-01-01 00:00:00.000007','2030-01-01 00:00:00.000009',NULL);
CREATE TABLE conferencecalls (
	id CHAR(32) NOT NULL, 
	customer_id CHAR(32) NOT NULL, 
	conference_id CHAR(32) NOT NULL, 
	activeflow_id CHAR(32) NOT NULL, 
	reference_type VARCHAR(16) NOT NULL, 
	reference_id CHAR(32) NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	tm_join DATETIME, 
	tm_create DATETIME NOT NULL, 
	tm_update DATETIME, 
	tm_delete DATETIME, 
	CONSTRAINT pk_conferencecalls PRIMARY KEY (id), 
	CONSTRAINT fk_conferencecalls_conference_id FOREIGN KEY(conference_id) REFERENCES conferences (id), 
	CONSTRAINT fk_conferencecalls_customer_id FOREIGN KEY(customer_id) REFERENCES customers (id)
);
INSERT INTO "conferencecalls" VALUES('6cab3e8761a5420b897715974534d4f3','5a2bdc080b094c7380bededbd7324a41','7ace18392da84ac59fb67d024f7733cf','00000000000000000000000000000000','call','a59a7e280f0246208e84d1d7048b89c9','joined','2030-01-01 00:00:00.000012','2030-01-01 00:00:00.000010','2030-01-01 00:00:00.000012',NULL);
INSERT INTO "conferencecalls" VALUES('bfd27202916a405b92274797b71019c6','5a2bdc080b094c7380bededbd7324a41','7ace18392da84ac59fb67d024f7733cf','00000000000000000000000000000000','call','a0a8e82e108948d493f1c531f961bab8','joined','2030-01-01 00:00:00.000014','2030-01-01 00:00:00.000011','2030-01-01 00:00:00.000014',NULL);
CREATE TABLE conferences (
	id CHAR(32) NOT NULL, 
	customer_id CHAR(32) NOT NULL, 
	type VARCHAR(16) NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	name VARCHAR NOT NULL, 
	detail VARCHAR NOT NULL, 
	data JSON NOT NULL, 
	timeout_s INTEGER NOT NULL, 
	pre_actions JSON NOT NULL, 
	post_actions JSON NOT NULL, 
	pre_flow_id CHAR(32) NOT NULL, 
	post_flow_id CHAR(32) NOT NULL, 
	direct_hash VARCHAR(32) NOT NULL, 
	tm_timeout DATETIME, 
	tm_end DATETIME, 
	tm_create DATETIME NOT NULL, 
	tm_update DATETIME, 
	tm_delete DATETIME, 
	CONSTRAINT pk_conferences PRIMARY KEY (id), 
	CONSTRAINT fk_conferences_customer_id FOREIGN KEY(customer_id) REFERENCES customers (id), 
	CONSTRAINT uq_conferences_direct_hash UNIQUE (direct_hash)
);
INSERT INTO "conferences" VALUES('7ace18392da84ac59fb67d024f7733cf','5a2bdc080b094c7380bededbd7324a41','conference','progressing','kept','','{"a": [1, null]}',600,'[]','[]','00000000000000000000000000000000','00000000000000000000000000000000','direct.4775c20b9593','2030-01-01 00:10:00.000003',NULL,'2030-01-01 00:00:00.000003','2030-01-01 00:00:00.500020',NULL);
INSERT INTO "conferences" VALUES('0490f35781a741afaf8da9e1a1bd2f3d','5a2bdc080b094c7380bededbd7324a41','connect','terminated','gone','','{}',0,'[]','[]','00000000000000000000000000000000','00000000000000000000000000000000','direct.9ff7aed07e41',NULL,'2030-01-01 00:00:00.500026','2030-01-01 00:00:00.500023','2030-01-01 00:00:00.500026','2030-01-01 00:00:00.500025');
CREATE TABLE customers (
	id CHAR(32) NOT NULL, 
	name VARCHAR NOT NULL, 
	tm_create DATETIME NOT NULL, 
	tm_update DATETIME, 
	tm_delete DATETIME, 
	CONSTRAINT pk_customers PRIMARY KEY (id)
);
INSERT INTO "customers" VALUES('5a2bdc080b094c7380bededbd7324a41','default','2030-01-01 00:00:00.000001',NULL,NULL);
CREATE TABLE event_streams (
	id CHAR(32) NOT NULL, 
	number BIGINT NOT NULL, 
	CONSTRAINT pk_event_streams PRIMARY KEY (id)
);
INSERT INTO "event_streams" VALUES('5a2bdc080b094c7380bededbd7324a41',4);
INSERT INTO "event_streams" VALUES('7ace18392da84ac59fb67d024f7733cf',12);
INSERT INTO "event_streams" VALUES('0490f35781a741afaf8da9e1a1bd2f3d',4);
CREATE TABLE outbox (
	id INTEGER NOT NULL, 
	stream_id CHAR(32) NOT NULL, 
	number BIGINT NOT NULL, 
	customer_id CHAR(32) NOT NULL, 
	type VARCHAR(64) NOT NULL, 
	data JSON NOT NULL, 
	tm DATETIME NOT NULL, 
	CONSTRAINT pk_outbox PRIMARY KEY (id), 
	CONSTRAINT fk_outbox_customer_id FOREIGN KEY(customer_id) REFERENCES customers (id), 
	CONSTRAINT fk_outbox_stream_id FOREIGN KEY(stream_id) REFERENCES event_streams (id), 
	CONSTRAINT uq_outbox_stream_id_number UNIQUE (stream_id, number)
);
INSERT INTO "outbox" VALUES(1,'7ace18392da84ac59fb67d024f7733cf',1,'5a2bdc080b094c7380bededbd7324a41','conference_created','{"id": "7ace1839-2da8-4ac5-9fb6-7d024f7733cf", "customer_id": "5a2bdc08-0b09-4c73-80be-dedbd7324a41", "type": "conference", "status": "starting", "name": "kept", "detail": "", "data": {"a": [1, null]}, "timeout": 600, "pre_actions": [], "post_actions": [], "pre_flow_id": "00000000-0000-0000-0000-000000000000", "post_flow_id": "00000000-0000-0000-0000-000000000000", "conferencecall_ids": [], "recording_id": "00000000-0000-0000-0000-000000000000", "recording_ids": [], "transcribe_id": "00000000-0000-0000-0000-000000000000", "transcribe_ids": [], "direct_hash": "direct.4775c20b9593", "tm_end": "9999-01-01 00:00:00.000000", "tm_create": "2030-01-01 00:00:00.000003", "tm_update": "9999-01-01 00:00:00.000000", "tm_delete": "9999-01-01 00:00:00.000000"}','2030-01-01 00:00:00.000003');
INSERT INTO "outbox" VALUES(2,'7ace18392da84ac59fb67d024f7733cf',2,'5a2bdc080b094c7380bededbd7324a41','conference_updated','{"id": "7ace1839-2da8-4ac5-9fb6-7d024f7733cf", "customer_id": "5a2bdc08-0b09-4c73-80be-dedbd7324a41", "type": "conference", "status": "progressing", "name": "kept", "detail": "", "data": {"a": [1, null]}, "timeout": 600, "pre_actions": [], "post_actions": [], "pre_flow_id": "00000000-0000-0000-0000-000000000000", "post_flow_id": "00000000-0000-0000-0000-000000000000", "conferencecall_ids": [], "recording_id": "00000000-0000-0000-0000-000000000000", "recording_ids": [], "transcribe_id": "00000000-0000-0000-0000-000000000000", "transcribe_ids": [], "direct_hash": "direct.4775c20b9593", "tm_end": "9999-01-01 00:00:00.000000", "tm_create": "2030-01-01 00:00:00.000003", "tm_update": "2030-01-01 00:00:00.000005", "tm_delete": "9999-01-01 00:00:00.000000"}','2030-01-01 00:00:00.000005');
INSERT INTO "outbox" VALUES(3,'5a2bdc080b094c7380bededbd7324a41',1,'5a2bdc080b094c7380bededbd7324a41','call_created','{"id": "a59a7e28-0f02-4620-8e84-d1d7048b89c9", "customer_id": "5a2bdc08-0b09-4c73-80be-dedbd7324a41", "owner_type": "", "owner_id": "00000000-0000-0000-0000-000000000000", "flow_id": "00000000-0000-0000-0000-000000000000", "activeflow_id": "00000000-0000-0000-0000-000000000000", "type": "flow", "master_call_id": "00000000-0000-0000-0000-000000000000", "chained_call_ids": [], "recording_id": "00000000-0000-0000-0000-000000000000", "recording_ids": [], "groupcall_id": "00000000-0000-0000-0000-000000000000", "source": {"type": "sip", "target": "alice", "target_name": "", "name": "", "detail": ""}, "destination": {"type": "sip", "target": "7ace1839-2da8-4ac5-9fb6-7d024f7733cf", "target_name": "", "name": "", "detail": ""}, "status": "ringing", "action": {}, "metadata": {}, "direction": "incoming", "mute_direction": "", "hangup_by": "", "hangup_reason": "", "tm_progressing": "9999-01-01 00:00:00.000000", "tm_ringing": "2030-01-01 00:00:00.000006", "tm_hangup": "9999-01-01 00:00:00.000000", "tm_create": "2030-01-01 00:00:00.000006", "tm_update": "9999-01-01 00:00:00.000000", "tm_delete": "9999-01-01 00:00:00.000000"}','2030-01-01 00:00:00.000006');
INSERT INTO "outbox" VALUES(4,'5a2bdc080b094c7380bededbd7324a41',2,'5a2bdc080b094c7380bededbd7324a41','call_created','{"id": "a0a8e82e-1089-48d4-93f1-c531f961bab8", "customer_id": "5a2bdc08-0b09-4c73-80be-dedbd7324a41", "owner_type": "", "owner_id": "00000000-0000-0000-0000-000000000000", "flow_id": "00000000-0000-0000-0000-000000000000", "activeflow_id": "00000000-0000-0000-0000-000000000000", "type": "flow", "master_call_id": "00000000-0000-0000-0000-000000000000", "chained_call_ids": [], "recording_id": "00000000-0000-0000-0000-000000000000", "recording_ids": [], "groupcall_id": "00000000-0000-0000-0000-000000000000", "source": {"type": "sip", "target": "alice", "target_name": "", "name": "", "detail": ""}, "destination": {"type": "sip", "target": "7ace1839-2da8-4ac5-9fb6-7d024f7733cf", "target_name": "", "name": "", "detail": ""}, "status": "ringing", "action": {}, "metadata": {}, "direction": "incoming", "mute_direction": "", "hangup_by": "", "hangup_reason": "", "tm_progressing": "9999-01-01 00:00:00.000000", "tm_ringing": "2030-01-01 00:00:00.000007", "tm_hangup": "9999-01-01 00:00:00.000000", "tm_create": "2030-01-01 00:00:00.000007", "tm_update": "9999-01-01 00:00:00.000000", "tm_delete": "9999-01-01 00:00:00.000000"}','2030-01-01 00:00:00.000007');
INSERT INTO "outbox" VALUES(5,'5a2bdc080b094c7380bededbd7324a41',3,'5a2bdc080b094c7380bededbd7324a41','call_progressing','{"id": "a59a7e28-0f02-4620-8e84-d1d7048b89c9", "customer_id": "5a2bdc08-0b09-4c73-80be-dedbd7324a41", "owner_type": "", "owner_id": "00000000-0000-0000-0000-000000000000", "flow_id": "00000000-0000-0000-0000-000000000000", "activeflow_id": "00000000-0000-0000-0000-000000000000", "type": "flow", "master_call_id": "00000000-0000-0000-0000-000000000000", "chained_call_ids": [], "recording_id": "00000000-0000-0000-0000-000000000000", "recording_ids": [], "groupcall_id": "00000000-0000-0000-0000-000000000000", "source": {"type": "sip", "target": "alice", "target_name": "", "name": "", "detail": ""}, "destination": {"type": "sip", "target": "7ace1839-2da8-4ac5-9fb6-7d024f7733cf", "target_name": "", "name": "", "detail": ""}, "status": "progressing", "action": {"id": "00000000-0000-0000-0000-000000000000", "next_id": "00000000-0000-0000-0000-000000000000", "type": "answer", "option": {}}, "metadata": {}, "direction": "incoming", "mute_direction": "", "hangup_by": "", "hangup_reason": "", "tm_progressing": "2030-01-01 00:00:00.000008", "tm_ringing": "2030-01-01 00:00:00.000006", "tm_hangup": "9999-01-01 00:00:00.000000", "tm_create": "2030-01-01 00:00:00.000006", "tm_update": "2030-01-01 00:00:00.000008", "tm_delete": "9999-01-01 00:00:00.000000"}','2030-01-01 00:00:00.000008');
INSERT INTO "outbox" VALUES(6,'5a2bdc080b094c7380bededbd7324a41',4,'5a2bdc080b094c7380bededbd7324a41','call_progressing','{"id": "a0a8e82e-1089-48d4-93f1-c531f961bab8", "customer_id": "5a2bdc08-0b09-4c73-80be-dedbd7324a41", "owner_type": "", "owner_id": "00000000-0000-0000-0000-000000000000", "flow_id": "00000000-0000-0000-0000-000000000000", "activeflow_id": "00000000-0000-0000-0000-000000000000", "type": "flow", "master_call_id": "00000000-0000-0000-0000-000000000000", "chained_call_ids": [], "recording_id": "00000000-0000-0000-0000-000000000000", "recording_ids": [], "groupcall_id": "00000000-0000-0000-0000-000000000000", "source": {"type": "sip", "target": "alice", "target_name": "", "name": "", "detail": ""}, "destination": {"type": "sip", "target": "7ace1839-2da8-4ac5-9fb6-7d024f7733cf", "target_name": "", "name": "", "detail": ""}, "status": "progressing", "action": {"id": "00000000-0000-0000-0000-000000000000", "next_id": "00000000-0000-0000-0000-000000000000", "type": "answer", "option": {}}, "metadata": {}, "direction": "incoming", "mute_direction": "", "hangup_by": "", "hangup_reason": "", "tm_progressing": "2030-01-01 00:00:00.000009", "tm_ringing": "2030-01-01 00:00:00.000007", "tm_hangup": "9999-01-01 00:00:00.000000", "tm_create": "2030-01-01 00:00:00.000007", "tm_update": "2030-01-01 00:00:00.000009", "tm_delete": "9999-01-01 00:00:00.000000"}','2030-01-01 00:00:00.000009');
INSERT INTO "outbox" VALUES(7,'7ace18392da84ac59fb67d024f7733cf',3,'5a2bdc080b094c7380bededbd7324a41','conferencecall_joining','{"id": "6cab3e87-61a5-420b-8977-15974534d4f3", "customer_id": "5a2bdc08-0b09-4c73-80be-dedbd7324a41", "activeflow_id": "00000000-0000-0000-0000-000000000000", "conference_id": "7ace1839-2da8-4ac5-9fb6-7d024f7733cf", "reference_type": "call", "reference_id": "a59a7e28-0f02-4620-8e84-d1d7048b89c9", "status": "joining", "tm_create": "2030-01-01 00:00:00.000010", "tm_update": "9999-01-01 00:00:00.000000", "tm_delete": "9999-01-01 00:00:00.000000"}','2030-01-01 00:00:00.000010');
INSERT INTO "outbox" VALUES(8,'7ace18392da84ac59fb67d024f7733cf',4,'5a2bdc080b094c7380bededbd7324a41','conferencecall_joining','{"id": "bfd27202-916a-405b-9227-4797b71019c6", "customer_id": "5a2bdc08-0b09-4c73-80be-dedbd7324a41", "activeflow_id": "00000000-0000-0000-0000-000000000000", "conference_id": "7ace1839-2da8-4ac5-9fb6-7d024f7733cf", "reference_type": "call", "reference_id": "a0a8e82e-1089-48d4-93f1-c531f961bab8", "status": "joining", "tm_create": "2030-01-01 00:00:00.000011", "tm_update": "9999-01-01 00:00:00.000000", "tm_delete": "9999-01-01 00:00:00.000000"}','2030-01-01 00:00:00.000011');
INSERT INTO "outbox" VALUES(9,'7ace18392da84ac59fb67d024f7733cf',5,'5a2bdc080b094c7380bededbd7324a41','conferencecall_joined','{"id": "6cab3e87-61a5-420b-8977-15974534d4f3", "customer_id": "5a2bdc08-0b09-4c73-80be-dedbd7324a41", "activeflow_id": "00000000-0000-0000-0000-000000000000", "conference_id": "7ace1839-2da8-4ac5-9fb6-7d024f7733cf", "reference_type": "call", "reference_id": "a59a7e28-0f02-4620-8e84-d1d7048b89c9", "status": "joined", "tm_create": "2030-01-01 00:00:00.000010", "tm_update": "2030-01-01 00:00:00.000012", "tm_delete": "9999-01-01 00:00:00.000000"}','2030-01-01 00:00:00.000012');
INSERT INTO "outbox" VALUES(10,'7ace18392da84ac59fb67d024f7733cf',6,'5a2bdc080b094c7380bededbd7324a41','conference_updated','{"id": "7ace1839-2da8-4ac5-9fb6-7d024f7733cf", "customer_id": "5a2bdc08-0b09-4c73-80be-dedbd7324a41", "type": "conference", "status": "progressing", "name": "kept", "detail": "", "data": {"a": [1, null]}, "timeout": 600, "pre_actions": [], "post_actions": [], "pre_flow_id": "00000000-0000-0000-0000-000000000000", "post_flow_id": "00000000-0000-0000-0000-000000000000", "conferencecall_ids": ["6cab3e87-61a5-420b-8977-15974534d4f3"], "recording_id": "00000000-0000-0000-0000-000000000000", "recording_ids": [], "transcribe_id": "00000000-0000-0000-0000-000000000000", "transcribe_ids": [], "direct_hash": "direct.4775c20b9593", "tm_end": "9999-01-01 00:00:00.000000", "tm_create": "2030-01-01 00:00:00.000003", "tm_update": "2030-01-01 00:00:00.000013", "tm_delete": "9999-01-01 00:00:00.000000"}','2030-01-01 00:00:00.000013');
INSERT INTO "outbox" VALUES(11,'7ace18392da84ac59fb67d024f7733cf',7,'5a2bdc080b094c7380bededbd7324a41','conferencecall_joined','{"id": "bfd27202-916a-405b-9227-4797b71019c6", "customer_id": "5a2bdc08-0b09-4c73-80be-dedbd7324a41", "activeflow_id": "00000000-0000-0000-0000-000000000000", "conference_id": "7ace1839-2da8-4ac5-9fb6-7d024f7733cf", "reference_type": "call", "reference_id": "a0a8e82e-1089-48d4-93f1-c531f961bab8", "status": "joined", "tm_create": "2030-01-01 00:00:00.000011", "tm_update": "2030-01-01 00:00:00.000014", "tm_delete": "9999-01-01 00:00:00.000000"}','2030-01-01 00:00:00.000014');
INSERT INTO "outbox" VALUES(12,'7ace18392da84ac59fb67d024f7733cf',8,'5a2bdc080b094c7380bededbd7324a41','conference_updated','{"id": "7ace1839-2da8-4ac5-9fb6-7d024f7733cf", "customer_id": "5a2bdc08-0b09-4c73-80be-dedbd7324a41", "type": "conference", "status": "progressing", "name": "kept", "detail": "", "data": {"a": [1, null]}, "timeout": 600, "pre_actions": [], "post_actions": [], "pre_flow_id": "00000000-0000-0000-0000-000000000000", "post_flow_id": "00000000-0000-0000-0000-000000000000", "conferencecall_ids": ["6cab3e87-61a5-420b-8977-15974534d4f3", "bfd27202-916a-405b-9227-4797b71019c6"], "recording_id": "00000000-0000-0000-0000-000000000000", "recording_ids": [], "transcribe_id": "00000000-0000-0000-0000-000000000000", "transcribe_ids": [], "direct_hash": "direct.4775c20b9593", "tm_end": "9999-01-01 00:00:00.000000", "tm_create": "2030-01-01 00:00:00.000003", "tm_update": "2030-01-01 00:00:00.000015", "tm_delete": "9999-01-01 00:00:00.000000"}','2030-01-01 00:00:00.000015');
INSERT INTO "outbox" VALUES(13,'7ace18392da84ac59fb67d024f7733cf',9,'5a2bdc080b094c7380bededbd7324a41','recording_started','{"id": "33785522-7188-4a7e-8724-294757d3dc75", "customer_id": "5a2bdc08-0b09-4c73-80be-dedbd7324a41", "owner_type": "", "owner_id": "00000000-0000-0000-0000-000000000000", "activeflow_id": "00000000-0000-0000-0000-000000000000", "reference_type": "confbridge", "reference_id": "7ace1839-2da8-4ac5-9fb6-7d024f7733cf", "status": "recording", "format": "wav", "on_end_flow_id": "00000000-0000-0000-0000-000000000000", "tm_start": "2030-01-01 00:00:00.000017", "tm_end": "9999-01-01 00:00:00.000000", "tm_create": "2030-01-01 00:00:00.000016", "tm_update": "2030-01-01 00:00:00.000017", "tm_delete": "9999-01-01 00:00:00.000000"}','2030-01-01 00:00:00.000017');
INSERT INTO "outbox" VALUES(14,'7ace18392da84ac59fb67d024f7733cf',10,'5a2bdc080b094c7380bededbd7324a41','conference_updated','{"id": "7ace1839-2da8-4ac5-9fb6-7d024f7733cf", "customer_id": "5a2bdc08-0b09-4c73-80be-dedbd7324a41", "type": "conference", "status": "progressing", "name": "kept", "detail": "", "data": {"a": [1, null]}, "timeout": 600, "pre_actions": [], "post_actions": [], "pre_flow_id": "00000000-0000-0000-0000-000000000000", "post_flow_id": "00000000-0000-0000-0000-000000000000", "conferencecall_ids": ["6cab3e87-61a5-420b-8977-15974534d4f3", "bfd27202-916a-405b-9227-4797b71019c6"], "recording_id": "33785522-7188-4a7e-8724-294757d3dc75", "recording_ids": ["33785522-7188-4a7e-8724-294757d3dc75"], "transcribe_id": "00000000-0000-0000-0000-000000000000", "transcribe_ids": [], "direct_hash": "direct.4775c20b9593", "tm_end": "9999-01-01 00:00:00.000000", "tm_create": "2030-01-01 00:00:00.000003", "tm_update": "2030-01-01 00:00:00.000018", "tm_delete": "9999-01-01 00:00:00.000000"}','2030-01-01 00:00:00.000018');
INSERT INTO "outbox" VALUES(15,'7ace18392da84ac59fb67d024f7733cf',11,'5a2bdc080b094c7380bededbd7324a41','conference_updated','{"id": "7ace1839-2da8-4ac5-9fb6-7d024f7733cf", "customer_id": "5a2bdc08-0b09-4c73-80be-dedbd7324a41", "type": "conference", "status": "progressing", "name": "kept", "detail": "", "data": {"a": [1, null]}, "timeout": 600, "pre_actions": [], "post_actions": [], "pre_flow_id": "00000000-0000-0000-0000-000000000000", "post_flow_id": "00000000-0000-0000-0000-000000000000", "conferencecall_ids": ["6cab3e87-61a5-420b-8977-15974534d4f3", "bfd27202-916a-405b-9227-4797b71019c6"], "recording_id": "00000000-0000-0000-0000-000000000000", "recording_ids": ["33785522-7188-4a7e-8724-294757d3dc75"], "transcribe_id": "00000000-0000-0000-0000-000000000000", "transcribe_ids": [], "direct_hash": "direct.4775c20b9593", "tm_end": "9999-01-01 00:00:00.000000", "tm_create": "2030-01-01 00:00:00.000003", "tm_update": "2030-01-01 00:00:00.500020", "tm_delete": "9999-01-01 00:00:00.000000"}','2030-01-01 00:00:00.500020');
INSERT INTO "outbox" VALUES(16,'7ace18392da84ac59fb67d024f7733cf',12,'5a2bdc080b094c7380bededbd7324a41','recording_finished','{"id": "33785522-7188-4a7e-8724-294757d3dc75", "customer_id": "5a2bdc08-0b09-4c73-80be-dedbd7324a41", "owner_type": "", "owner_id": "00000000-0000-0000-0000-000000000000", "activeflow_id": "00000000-0000-0000-0000-000000000000", "reference_type": "confbridge", "reference_id": "7ace1839-2da8-4ac5-9fb6-7d024f7733cf", "status": "ended", "format": "wav", "on_end_flow_id": "00000000-0000-0000-0000-000000000000", "tm_start": "2030-01-01 00:00:00.000017", "tm_end": "2030-01-01 00:00:00.500021", "tm_create": "2030-01-01 00:00:00.000016", "tm_update": "2030-01-01 00:00:00.500022", "tm_delete": "9999-01-01 00:00:00.000000"}','2030-01-01 00:00:00.500022');
INSERT INTO "outbox" VALUES(17,'0490f35781a741afaf8da9e1a1bd2f3d',1,'5a2bdc080b094c7380bededbd7324a41','conference_created','{"id": "0490f357-81a7-41af-af8d-a9e1a1bd2f3d", "customer_id": "5a2bdc08-0b09-4c73-80be-dedbd7324a41", "type": "connect", "status": "starting", "name": "gone", "detail": "", "data": {}, "timeout": 0, "pre_actions": [], "post_actions": [], "pre_flow_id": "00000000-0000-0000-0000-000000000000", "post_flow_id": "00000000-0000-0000-0000-000000000000", "conferencecall_ids": [], "recording_id": "00000000-0000-0000-0000-000000000000", "recording_ids": [], "transcribe_id": "00000000-0000-0000-0000-000000000000", "transcribe_ids": [], "direct_hash": "direct.9ff7aed07e41", "tm_end": "9999-01-01 00:00:00.000000", "tm_create": "2030-01-01 00:00:00.500023", "tm_update": "9999-01-01 00:00:00.000000", "tm_delete": "9999-01-01 00:00:00.000000"}','2030-01-01 00:00:00.500023');
INSERT INTO "outbox" VALUES(18,'0490f35781a741afaf8da9e1a1bd2f3d',2,'5a2bdc080b094c7380bededbd7324a41','conference_updated','{"id": "0490f357-81a7-41af-af8d-a9e1a1bd2f3d", "customer_id": "5a2bdc08-0b09-4c73-80be-dedbd7324a41", "type": "connect", "status": "progressing", "name": "gone", "detail": "", "data": {}, "timeout": 0, "pre_actions": [], "post_actions": [], "pre_flow_id": "00000000-0000-0000-0000-000000000000", "post_flow_id": "00000000-0000-0000-0000-000000000000", "conferencecall_ids": [], "recording_id": "00000000-0000-0000-0000-000000000000", "recording_ids": [], "transcribe_id": "00000000-0000-0000-0000-000000000000", "transcribe_ids": [], "direct_hash": "direct.9ff7aed07e41", "tm_end": "9999-01-01 00:00:00.000000", "tm_create": "2030-01-01 00:00:00.500023", "tm_update": "2030-01-01 00:00:00.500024", "tm_delete": "9999-01-01 00:00:00.000000"}','2030-01-01 00:00:00.500024');
INSERT INTO "outbox" VALUES(19,'0490f35781a741afaf8da9e1a1bd2f3d',3,'5a2bdc080b094c7380bededbd7324a41','conference_updated','{"id": "0490f357-81a7-41af-af8d-a9e1a1bd2f3d", "customer_id": "5a2bdc08-0b09-4c73-80be-dedbd7324a41", "type": "connect", "status": "terminating", "name": "gone", "detail": "", "data": {}, "timeout": 0, "pre_actions": [], "post_actions": [], "pre_flow_id": "00000000-0000-0000-0000-000000000000", "post_flow_id": "00000000-0000-0000-0000-000000000000", "conferencecall_ids": [], "recording_id": "00000000-0000-0000-0000-000000000000", "recording_ids": [], "transcribe_id": "00000000-0000-0000-0000-000000000000", "transcribe_ids": [], "direct_hash": "direct.9ff7aed07e41", "tm_end": "9999-01-01 00:00:00.000000", "tm_create": "2030-01-01 00:00:00.500023", "tm_update": "2030-01-01 00:00:00.500025", "tm_delete": "2030-01-01 00:00:00.500025"}','2030-01-01 00:00:00.500025');
INSERT INTO "outbox" VALUES(20,'0490f35781a741afaf8da9e1a1bd2f3d',4,'5a2bdc080b094c7380bededbd7324a41','conference_deleted','{"id": "0490f357-81a7-41af-af8d-a9e1a1bd2f3d", "customer_id": "5a2bdc08-0b09-4c73-80be-dedbd7324a41", "type": "connect", "status": "terminated", "name": "gone", "detail": "", "data": {}, "timeout": 0, "pre_actions": [], "post_actions": [], "pre_flow_id": "00000000-0000-0000-0000-000000000000", "post_flow_id": "00000000-0000-0000-0000-000000000000", "conferencecall_ids": [], "recording_id": "00000000-0000-0000-0000-000000000000", "recording_ids": [], "transcribe_id": "00000000-0000-0000-0000-000000000000", "transcribe_ids": [], "direct_hash": "direct.9ff7aed07e41", "tm_end": "2030-01-01 00:00:00.500026", "tm_create": "2030-01-01 00:00:00.500023", "tm_update": "2030-01-01 00:00:00.500026", "tm_delete": "2030-01-01 00:00:00.500025"}','2030-01-01 00:00:00.500026');
CREATE TABLE recordings (
	id CHAR(32) NOT NULL, 
	customer_id CHAR(32) NOT NULL, 
	reference_type VARCHAR(16) NOT NULL, 
	reference_id CHAR(32) NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	format VARCHAR(16) NOT NULL, 
	on_end_flow_id CHAR(32) NOT NULL, 
	tm_start DATETIME, 
	tm_end DATETIME, 
	tm_create DATETIME NOT NULL, 
	tm_update DATETIME, 
	tm_delete DATETIME, 
	CONSTRAINT pk_recordings PRIMARY KEY (id), 
	CONSTRAINT fk_recordings_customer_id FOREIGN KEY(customer_id) REFERENCES customers (id)
);
INSERT INTO "recordings" VALUES('3378552271884a7e8724294757d3dc75','5a2bdc080b094c7380bededbd7324a41','confbridge','7ace18392da84ac59fb67d024f7733cf','ended','wav','00000000000000000000000000000000','2030-01-01 00:00:00.000017','2030-01-01 00:00:00.500021','2030-01-01 00:00:00.000016','2030-01-01 00:00:00.500022',NULL);
CREATE INDEX ix_calls_customer_id_tm_create ON calls (customer_id, tm_create);
CREATE INDEX ix_calls_status ON calls (status);
CREATE INDEX ix_conferences_customer_id_tm_create ON conferences (customer_id, tm_create);
CREATE INDEX ix_conferences_status ON conferences (status);
CREATE INDEX ix_outbox_customer_id_id ON outbox (customer_id, id);
CREATE INDEX ix_recordings_customer_id_tm_create ON recordings (customer_id, tm_create);
CREATE INDEX ix_recordings_reference_id_tm_create ON recordings (reference_id, tm_create);
CREATE INDEX ix_recordings_status ON recordings (status);
CREATE INDEX ix_conferencecalls_conference_id_status ON conferencecalls (conference_id, status);
CREATE INDEX ix_conferencecalls_customer_id_tm_create ON conferencecalls (customer_id, tm_create);
COMMIT;
