"""The least that answers ``POST /token``: FastAPI, a form, a signature; nothing is checked."""

import time
from typing import Annotated

import jwt
from fastapi import FastAPI, Form

KEY = "0123456789abcdef" * 4

app = FastAPI()


@app.post("/token")
def token(
    client_id: Annotated[str, Form()],
    client_secret: Annotated[str, Form()],
    grant_type: Annotated[str, Form()] = "",
) -> dict[str, str]:
    """Return a token for anybody."""
    claims = {"sub": f"client:{client_id}", "exp": int(time.time()) + 86_400}
    return {"access_token": jwt.encode(claims, KEY, "HS256"), "token_type": "bearer"}
