# Short names for what the project's scripts and commands do. `just` alone lists them.

_list:
    @just --list --unsorted

# Start a server with play money and a simulated Twilio on 127.0.0.1:8080
sandbox *arguments:
    cargo run --release -- sandbox {{ arguments }}

# Start the server with the settings of .env
serve *arguments:
    set -a && if [ -f .env ]; then . ./.env; fi && set +a && cargo run --release -- serve {{ arguments }}

# Start Twilio's number API alone, simulated
twilio-sim *arguments:
    cargo run --release --package twilio-sim -- {{ arguments }}

# Start Stripe's payments API alone, simulated
stripe-sim *arguments:
    cargo run --release --package stripe-sim -- {{ arguments }}

# Format, lint, document, check dependencies, migrations, scripts and links
check:
    scripts/check

# Run every test, installing what the tests need
test:
    scripts/test

# Run the tests whose name contains PATTERN
test-only pattern:
    cargo nextest run --workspace {{ pattern }}

# Try the adapter against Twilio with test credentials (free)
live-check:
    scripts/live-check

# Drive the simulator with Twilio's Python SDK, and compare its answers with Twilio's description
sdk:
    scripts/sdk

# Kill the real program again and again under load and faults: `just torture --seed 7 --minutes 5`
torture *arguments:
    scripts/torture {{ arguments }}

# Make up what strangers could send, under libFuzzer: `just fuzz --seconds 600 request`
fuzz *arguments:
    scripts/fuzz {{ arguments }}

# Run what deploy/ describes without Docker, with the programs that the tests have built
try-deployment:
    scripts/try-deployment

# Measure: `just bench simulator`
bench *arguments:
    scripts/bench {{ arguments }}

# What has to pass before a merge
ci:
    .ci/run

# Format the code
fmt:
    cargo fmt --all

# Show the crates' documentation in a browser
doc:
    cargo doc --workspace --no-deps --open

# Check a price file before the server reads it
prices file:
    cargo run --release -- prices check {{ file }}
