using System.Runtime.InteropServices;
using System.Text;

namespace Skiff.Interop.Processes;

/// <summary>
/// A small program to be the first process of a container: it starts the real one as its child, hands signals on, reaps
/// orphans, and ends as the child has ended (128 and the signal's number; 127 and 126 when it cannot be started). Made
/// for each container in memory, so nothing of the host's files is in it.
/// </summary>
public static partial class ContainerInit
{
#if ARCH_ARM64
    private static ReadOnlySpan<byte> Code => Arm64;
#else
    private static ReadOnlySpan<byte> Code => X64;
#endif

    /// <summary>The program as a sealed file in memory, close-on-exec; the caller owns it.</summary>
    /// <param name="paths">Where the real program may be; ENOENT, ENOTDIR and EACCES go on to the next.</param>
    /// <param name="failure">Written to stderr when none of them can be executed.</param>
    /// <exception cref="LinuxException">The kernel does not allow programs in memory (vm.memfd_noexec).</exception>
    public static Fd Create(IReadOnlyList<string> paths, string failure) =>
        ElfProgram.Create("init", Build(paths, failure));

    /// <summary>The file's bytes.</summary>
    internal static byte[] Build(IReadOnlyList<string> paths, string failure)
    {
        ulong texts = ElfProgram.Base + (ulong)(ElfProgram.CodeAt + Code.Length + (8 * (3 + paths.Count)));
        var data = new List<byte>();
        byte[] message = Encoding.UTF8.GetBytes(failure);
        var numbers = new List<ulong> { texts, (ulong)message.Length };
        data.AddRange(message);
        foreach (string path in paths)
        {
            numbers.Add(texts + (ulong)data.Count);
            data.AddRange(Encoding.UTF8.GetBytes(path));
            data.Add(0);
        }
        numbers.Add(0);
        return ElfProgram.Build(Code, numbers, CollectionsMarshal.AsSpan(data));
    }
}
