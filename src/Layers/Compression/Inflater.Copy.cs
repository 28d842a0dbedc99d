using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using static Skiff.Layers.Compression.DeflateCodes;

namespace Skiff.Layers.Compression;

/// <summary>Copies of matches in wide pieces, which may read and write too far.</summary>
public sealed partial class Inflater
{
    private const int WideCopyBytes = 2 * 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref byte CopyForward(ref byte start, nint length, nint distance)
    {
        if (distance >= Vector128<byte>.Count)
        {
            // Two at once: most matches are shorter than 32 bytes, and nothing has to be guessed about those.
            Copy16(ref start, distance);
            Copy16(ref Unsafe.Add(ref start, 16), distance);
            for (nint done = 32; done < length; done += 16) Copy16(ref Unsafe.Add(ref start, done), distance);
        }
        else if (distance == 1)
        {
            Vector128<byte> run = Vector128.Create(Unsafe.Subtract(ref start, 1));
            for (nint done = 0; done < length; done += 16) run.StoreUnsafe(ref Unsafe.Add(ref start, done));
        }
        else
        {
            // Words that overlap what they are copied from bring as many good bytes as they are apart.
            nint step = Math.Min(distance, sizeof(ulong));
            for (nint done = 0; done < length; done += step)
            {
                ref byte place = ref Unsafe.Add(ref start, done);
                Unsafe.WriteUnaligned(ref place, Unsafe.ReadUnaligned<ulong>(ref Unsafe.Subtract(ref place, distance)));
            }
        }
        return ref Unsafe.Add(ref start, length);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy16(ref byte place, nint distance) =>
        Vector128.LoadUnsafe(ref Unsafe.Subtract(ref place, distance)).StoreUnsafe(ref place);

    // A match that lies before the output buffer as a whole.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref byte CopyFromWindow(ref byte start, nint length, nint behind)
    {
        ref byte from = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_window), WindowBytes - behind);
        for (nint done = 0; done < length; done += 16)
            Vector128.LoadUnsafe(ref Unsafe.Add(ref from, done)).StoreUnsafe(ref Unsafe.Add(ref start, done));
        return ref Unsafe.Add(ref start, length);
    }
}
