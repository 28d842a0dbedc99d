namespace Skiff.Interop.Processes;

/// <summary>The programs that keep a user namespace and lead into it.</summary>
internal static partial class UserNamespaceCode
{
#if ARCH_ARM64
    /// <summary>For this machine.</summary>
    internal static ReadOnlySpan<byte> Hold => HoldArm64;

    /// <summary>For this machine.</summary>
    internal static ReadOnlySpan<byte> Enter => EnterArm64;
#else
    /// <summary>For this machine.</summary>
    internal static ReadOnlySpan<byte> Hold => HoldX64;

    /// <summary>For this machine.</summary>
    internal static ReadOnlySpan<byte> Enter => EnterX64;
#endif
}
