# The Interop tests of control groups, on a tree that has controllers: what they must skip on the host runs here.
# program: Interop.Tests
# kernels: 6.1 6.12
# short: 6.12
run_program Interop.Tests -class 'Skiff.Interop.Tests.Cgroups.*'
