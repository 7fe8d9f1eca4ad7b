# Sourced: makes sure that node is new enough, that the packages are installed and that dist/ is built.
command -v node >/dev/null 2>&1 || { echo "warder needs Node.js 20 or newer; node was not found." >&2; exit 1; }
node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' || {
  echo "warder needs Node.js 20 or newer; this is $(node --version)." >&2
  exit 1
}
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  echo "Installing packages ..."
  npm ci --no-fund --no-audit --loglevel=error
fi
node scripts/build.mjs --if-stale
