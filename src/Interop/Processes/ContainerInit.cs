using System.Buffers.Binary;
using System.Text;

namespace Skiff.Interop.Processes;

/// <summary>
/// A small program to be the first process of a container: it starts the real one as its child, hands signals on, reaps
/// orphans, and ends as the child has ended (128 and the signal's number; 127 and 126 when it cannot be started). Made
/// for each container in memory, so nothing of the host's files is in it.
/// </summary>
public static partial class ContainerInit
{
    private const ulong Base = 0x400000; // Where it is loaded; nothing else is there in a fresh process.
    private const int HeaderBytes = 64, SegmentBytes = 56, CodeAt = HeaderBytes + (2 * SegmentBytes);

#if ARCH_ARM64
    private const ushort Machine = 183; // EM_AARCH64

    private static ReadOnlySpan<byte> Code => Arm64;
#else
    private const ushort Machine = 62; // EM_X86_64

    private static ReadOnlySpan<byte> Code => X64;
#endif

    /// <summary>The program as a sealed file in memory, close-on-exec; the caller owns it.</summary>
    /// <param name="paths">Where the real program may be; ENOENT, ENOTDIR and EACCES go on to the next.</param>
    /// <param name="failure">Written to stderr when none of them can be executed.</param>
    /// <exception cref="LinuxException">The kernel does not allow programs in memory (vm.memfd_noexec).</exception>
    public static Fd Create(IReadOnlyList<string> paths, string failure)
    {
        using Fd writable = Files.MemoryFile("init");
        Files.WriteAll(writable, Build(paths, failure));
        Files.Seal(writable);
        // A file that is open for writing cannot be executed (ETXTBSY).
        return Files.Open($"/proc/self/fd/{writable.Number}", OpenFlags.O_RDONLY);
    }

    /// <summary>The file's bytes: an ELF header, two segments, the code, and what it reads behind it.</summary>
    internal static byte[] Build(IReadOnlyList<string> paths, string failure)
    {
        int table = CodeAt + Code.Length, texts = table + (8 * (3 + paths.Count));
        var data = new List<byte>();
        byte[] message = Encoding.UTF8.GetBytes(failure);
        var numbers = new List<ulong> { Base + (ulong)texts, (ulong)message.Length };
        data.AddRange(message);
        foreach (string path in paths)
        {
            numbers.Add(Base + (ulong)(texts + data.Count));
            data.AddRange(Encoding.UTF8.GetBytes(path));
            data.Add(0);
        }
        numbers.Add(0);
        byte[] file = new byte[texts + data.Count];
        WriteHeaders(file);
        Code.CopyTo(file.AsSpan(CodeAt));
        for (int i = 0; i < numbers.Count; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(table + (8 * i)), numbers[i]);
        data.CopyTo(file, texts);
        return file;
    }

    // elf(5): an executable of one segment that is read and executed, and a stack that is not executed.
    private static void WriteHeaders(Span<byte> file)
    {
        const ushort ET_EXEC = 2;
        const uint PT_LOAD = 1, PT_GNU_STACK = 0x6474E551, PF_X = 1, PF_W = 2, PF_R = 4;
        ((ReadOnlySpan<byte>)[0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1]).CopyTo(file);
        BinaryPrimitives.WriteUInt16LittleEndian(file[16..], ET_EXEC);
        BinaryPrimitives.WriteUInt16LittleEndian(file[18..], Machine);
        BinaryPrimitives.WriteUInt32LittleEndian(file[20..], 1);
        BinaryPrimitives.WriteUInt64LittleEndian(file[24..], Base + CodeAt);
        BinaryPrimitives.WriteUInt64LittleEndian(file[32..], HeaderBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(file[52..], HeaderBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(file[54..], SegmentBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(file[56..], 2);
        WriteSegment(file[HeaderBytes..], PT_LOAD, PF_R | PF_X, Base, (ulong)file.Length);
        WriteSegment(file[(HeaderBytes + SegmentBytes)..], PT_GNU_STACK, PF_R | PF_W, 0, 0);
    }

    private static void WriteSegment(Span<byte> segment, uint type, uint flags, ulong address, ulong length)
    {
        const ulong Align = 0x10000; // The largest page of arm64.
        BinaryPrimitives.WriteUInt32LittleEndian(segment, type);
        BinaryPrimitives.WriteUInt32LittleEndian(segment[4..], flags);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[16..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[24..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[32..], length);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[40..], length);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[48..], Align);
    }
}
