using System.Runtime.InteropServices;
using Skiff.Interop.Libc;

namespace Skiff.Interop;

/// <summary>uname(2).</summary>
/// <param name="System"><c>Linux</c>.</param>
/// <param name="NodeName">The host name in our UTS namespace.</param>
/// <param name="Release"><c>6.12.3-amd64</c>.</param>
/// <param name="Version">The build's number and date.</param>
/// <param name="Machine"><c>x86_64</c> or <c>aarch64</c>.</param>
public sealed unsafe partial record Uname(string System, string NodeName, string Release, string Version,
    string Machine)
{
    /// <summary>Asks the kernel.</summary>
    public static Uname Current
    {
        get
        {
            utsname raw;
            Native.Check(uname(&raw), "uname"); // SAFETY: a whole struct utsname.
            return new Uname(
                Text(raw.sysname), Text(raw.nodename), Text(raw.release), Text(raw.version), Text(raw.machine));
        }
    }

    // SAFETY: the kernel terminates each field with a NUL within its 65 bytes.
    private static string Text(byte* field) => Marshal.PtrToStringUTF8((nint)field)!;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int uname(utsname* buffer);
}
