"""MongoDB without collection names: clients, transactions, indexes, documents, client filters."""
