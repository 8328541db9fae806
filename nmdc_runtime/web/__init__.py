"""What routers share: problems, request ids, page tokens, who is calling, bodies."""
