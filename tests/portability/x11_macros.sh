#!/usr/bin/env bash
# The headers after X11's, whose macros are plain words. Boost's come first: its JSON cannot follow a macro `Bool`.
#
#     x11_macros.sh COMPILER FLAGS_FILE INCLUDE_DIRECTORY
set -euo pipefail

compiler=$1 flags=$2 include=$3
macros=(None=0L Status=int Success=0 Bool=int True=1 False=0 Always=2 WhenMapped=1 Above=0 Below=1 Opposite=4 Complex=0
    Nonconvex=1 Convex=2 Unsorted=0 CurrentTime=0L NoSymbol=0L AnyKey=0L BadRequest=1 BadValue=2 BadAccess=10 BadLength=16 KeyPress=2
    KeyRelease=3 FocusIn=9 FocusOut=10 Expose=12 SelectionClear=29 ControlMask='(1<<2)' LockMask='(1<<1)' GrayScale=1 StaticColor=2
    TrueColor=4 DirectColor=5 DestroyAll=0 InputOutput=1 InputOnly=2 GXclear=0 QueuedAlready=0 AllocNone=0 ParentRelative=1L
    Button1=1)
{
    grep -rhoE '^#include <boost/[^>]*>' "$include" | sort -u
    for macro in "${macros[@]}"; do echo "#define ${macro/=/ }"; done
    cd "$include"
    printf '#include <foundry/src.hpp>\n#include <foundry/testing/src.hpp>\n'
    find . -name '*.hpp' ! -path '*/detail/*' ! -path '*/impl/*' ! -name src.hpp -printf '#include <%P>\n' | sort
} | "$compiler" "-I$include" "@$flags" -DFOUNDRY_SEPARATE_COMPILATION -fsyntax-only -x c++ -
echo "report: X11: ${#macros[@]} macros before the headers"
