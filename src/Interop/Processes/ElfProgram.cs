using System.Buffers.Binary;

namespace Skiff.Interop.Processes;

/// <summary>Small programs of machine code, made in memory: an ELF header, two segments, the code, what it reads behind
/// it.</summary>
internal static class ElfProgram
{
    /// <summary>Where a program is loaded; nothing else is there in a fresh process.</summary>
    internal const ulong Base = 0x400000;

    /// <summary>Where in the file the code begins.</summary>
    internal const int CodeAt = HeaderBytes + (2 * SegmentBytes);

    private const int HeaderBytes = 64, SegmentBytes = 56;

#if ARCH_ARM64
    private const ushort Machine = 183; // EM_AARCH64
#else
    private const ushort Machine = 62; // EM_X86_64
#endif

    /// <summary>The program as a sealed file in memory, close-on-exec; the caller owns it.</summary>
    /// <param name="name">What /proc calls it.</param>
    /// <param name="file">Its bytes.</param>
    /// <exception cref="LinuxException">The kernel does not allow programs in memory (vm.memfd_noexec).</exception>
    internal static Fd Create(string name, ReadOnlySpan<byte> file)
    {
        using Fd writable = Files.MemoryFile(name);
        Files.WriteAll(writable, file);
        Files.Seal(writable);
        // A file that is open for writing cannot be executed (ETXTBSY).
        return Files.Open($"/proc/self/fd/{writable.Number}", OpenFlags.O_RDONLY);
    }

    /// <summary>The file's bytes: 64-bit numbers, then texts, behind the code.</summary>
    internal static byte[] Build(ReadOnlySpan<byte> code, IReadOnlyList<ulong> numbers, ReadOnlySpan<byte> texts)
    {
        int table = CodeAt + code.Length, textsAt = table + (8 * numbers.Count);
        byte[] file = new byte[textsAt + texts.Length];
        WriteHeaders(file);
        code.CopyTo(file.AsSpan(CodeAt));
        for (int i = 0; i < numbers.Count; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(table + (8 * i)), numbers[i]);
        texts.CopyTo(file.AsSpan(textsAt));
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
