namespace Skiff.Interop.Tests.Abi;

/// <summary>
/// Headers that can be included together, as one C file. glibc's headers and the kernel's own define some things twice,
/// so
/// there are several units; a name is checked in every unit that declares it.
/// </summary>
internal sealed record AbiUnit(string Name, params string[] Headers);
