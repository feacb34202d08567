"""Question files: from Markdown to a question, or to a list of located errors."""
