"""Speech to text (``recognition``) and text to speech (``synthesis``)."""
