# The registry as one image: API, projections and the `kets` commands. Runs from source; nothing is built.
FROM python:3.13-slim

ENV PYTHONPATH=/opt/kets PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1

# Keys lie below its home, which only this account may enter; a new named volume takes that over.
RUN useradd --system --uid 10001 --home-dir /var/lib/kets --create-home --shell /usr/sbin/nologin kets \
    && chmod 0700 /var/lib/kets \
    && install --directory --owner=kets --mode=0700 /backup

WORKDIR /opt/kets
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock

COPY api api
COPY card card
COPY domain domain
COPY keys keys
COPY projections projections
COPY registry registry

USER kets
VOLUME /var/lib/kets
ENTRYPOINT ["python", "-m", "registry"]
CMD ["--help"]
