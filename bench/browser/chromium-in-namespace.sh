#!/bin/sh
# Chromium inside a viewer's network namespace. Playwright talks to it through two inherited pipes, so no port is needed.
exec ip netns exec "$BAZAAR_NAMESPACE" "$BAZAAR_CHROMIUM" "$@"
