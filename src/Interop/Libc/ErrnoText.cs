using System.Runtime.InteropServices;

namespace Skiff.Interop;

/// <summary>Errnos as people read them.</summary>
public static class ErrnoText
{
    /// <summary><c>ENOENT (No such file or directory)</c>.</summary>
    public static string Of(Errno errno) => $"{errno} ({Marshal.GetPInvokeErrorMessage((int)errno)})";
}
