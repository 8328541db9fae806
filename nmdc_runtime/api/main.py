"""The application of this process: ``uvicorn nmdc_runtime.api.main:app``."""

from nmdc_runtime.api.app import create_app
from nmdc_runtime.api.logs import configure_logging
from nmdc_runtime.config import Settings, check_names, ready_for_hub

check_names()
settings = ready_for_hub(Settings())
configure_logging(settings.hub)
app = create_app(settings)
