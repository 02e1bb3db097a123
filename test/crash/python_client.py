"""A python-socketio client with its own defaults, that prints one line for each change of its connection."""

import sys

import socketio

url, token, transport = sys.argv[1:4]
client = socketio.Client(reconnection_delay=0.1, reconnection_delay_max=0.5)


def report(word):
    print(word, flush=True)


client.on("connect", lambda: report("connect"), namespace="/chat")
client.on("disconnect", lambda: report("disconnect"), namespace="/chat")
client.connect(url, auth={"token": token}, transports=[transport], namespaces=["/chat"])
client.wait()
report("given up")
