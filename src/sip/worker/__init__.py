"""SIP workers: the only code that imports pjsua2."""
