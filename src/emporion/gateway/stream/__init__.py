"""Live data over WebSockets, for any number of readers.

    stream = Stream(link, catalog, access)   # an ASGI application for WebSockets, with StreamProtocol under uvicorn
    await stream.start()

`views` keeps what everybody may see, `public` and `private` make messages of it, `chain` links the
messages of one subscription, `hub` makes an interval of all that, `connection` is one reader and `requests`
does what readers ask. Shapes are those of wire/stream.py.
"""
