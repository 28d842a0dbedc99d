# The Interop tests of launch programs on the other architecture: its machine code, system call numbers and layouts.
# program: Interop.Tests
# kernels: arm64
run_program Interop.Tests -class 'Skiff.Interop.Tests.Processes.*' -class 'Skiff.Interop.Tests.Seccomp.*'
