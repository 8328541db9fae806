"""What schemathesis must be told of our media types; it loads this itself, in its environment."""

import schemathesis

# Documents line by line are text to whoever only sends them.
schemathesis.serializer.alias("application/x-ndjson", "text/plain")
