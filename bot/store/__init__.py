"""The database: tables, a repository per aggregate, one unit of work per transaction."""
