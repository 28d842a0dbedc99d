# The Interop tests of processes on the other architecture: machine code, system call numbers, struct layouts.
# program: Interop.Tests
# kernels: arm64
run_program Interop.Tests -class 'Skiff.Interop.Tests.Processes.*'
