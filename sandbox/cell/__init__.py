"""What runs inside a cell: the only importer of torch."""
