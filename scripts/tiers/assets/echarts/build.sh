#!/bin/sh
# Makes echarts.min.js anew from npm, with its licences: only needed to change what entry.mjs takes or a version below.
# The same versions give the same bytes; tests/python/test_report.py holds their hash.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/entry.mjs" "$work"
cd "$work"
npm install --ignore-scripts --no-audit --no-fund --silent echarts@6.1.0 zrender@6.1.0 tslib@2.3.0 esbuild@0.28.2
# esbuild escapes `</script`, so that the bundle can stand in a page.
npx --no-install esbuild entry.mjs --bundle --minify --format=iife --global-name=echarts --target=es2020 --charset=ascii \
    --legal-comments=none --define:process.env.NODE_ENV='"production"' --outfile="$here/echarts.min.js"
cp node_modules/echarts/NOTICE "$here/NOTICE"
{
    cat node_modules/echarts/LICENSE
    printf '\n%s\n\n' '======== d3.js, embedded in ECharts ========'
    cat node_modules/echarts/licenses/LICENSE-d3
    printf '\n%s\n\n' '======== zrender ========'
    cat node_modules/zrender/LICENSE
    printf '\n\n%s\n\n' '======== tslib ========'
    cat node_modules/tslib/LICENSE.txt
} > "$here/LICENSE"
