using System.Runtime.InteropServices;
using Skiff.Interop.Events;

namespace Skiff.Interop.Libc;

internal static unsafe partial class Native
{
    /// <summary>sigaction(3): the C library adds the restorer that x64 needs.</summary>
    [LibraryImport("libc", EntryPoint = "sigaction", SetLastError = true)]
    internal static partial int sigaction_of(int signal, sigaction_t* action, sigaction_t* old);
}
