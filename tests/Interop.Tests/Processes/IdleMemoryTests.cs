using System.Text;
using Skiff.Interop.Processes;

namespace Skiff.Interop.Tests.Processes;

/// <summary>Which pages may be forgotten: a mistake here loses memory that somebody wrote.</summary>
public sealed class IdleMemoryTests
{
    private const string Code = "00404000-0093f000 r-xp 00004000 fe:00 5309526             /usr/bin/skiff";

    [Theory]
    [InlineData(Code, 0, true)]
    [InlineData("0093f000-00a3f000 r--p 0053f000 fe:00 5309526    /usr/bin/skiff", 0, true)]
    [InlineData("7f1c3e52a000-7f1c3e52e000 r--p 001cf000 fe:00 332096    /usr/lib/libc.so.6", 16, false)]
    [InlineData("00c4a000-00df9000 rw-p 0084a000 fe:00 5309526    /usr/bin/skiff", 0, false)]
    [InlineData("7f1c01400000-7f1c01447000 rw-p 00000000 00:00 0 ", 284, false)]
    [InlineData("7f1c3db57000-7f1c3db58000 r--p 00000000 00:00 0 ", 0, false)]
    [InlineData("7ffc25ecc000-7ffc25eed000 r-xp 00000000 00:00 0    [vdso]", 0, false)]
    public void Only_file_pages_that_nobody_wrote_to_are_forgotten(string header, int anonymousKb, bool forgotten)
    {
        byte[] smaps = Encoding.ASCII.GetBytes(
            $"{header}\nSize: 5356 kB\nRss: 640 kB\nAnonymous: {anonymousKb,14} kB\nVmFlags: rd ex mr mw me sd\n");
        Assert.Equal(forgotten, IdleMemory.Unwritten(smaps).Count == 1);
    }

    [Fact]
    public void The_range_is_that_of_the_mapping()
    {
        byte[] smaps = Encoding.ASCII.GetBytes($"{Code}\nAnonymous:             0 kB\nVmFlags: rd");
        Assert.Equal([(0x404000, 0x93f000 - 0x404000)], IdleMemory.Unwritten(smaps));
    }

    [Fact]
    public void A_process_goes_on_after_it_gave_memory_back()
    {
        var kept = Enumerable.Range(0, 1000).Select(i => i.ToString()).ToList();
        IdleMemory.GiveBack();
        Assert.Equal("999", kept[^1]);
        Assert.Equal(500500, Enumerable.Range(1, 1000).Sum());
    }
}
