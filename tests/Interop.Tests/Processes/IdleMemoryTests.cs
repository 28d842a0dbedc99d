using System.Text;
using Skiff.Interop.Processes;

namespace Skiff.Interop.Tests.Processes;

/// <summary>Which pages may be forgotten: a mistake here loses memory that somebody wrote.</summary>
public sealed class IdleMemoryTests
{
    private const string Code = "00404000-0093f000 r-xp 00004000 fe:00 5309526             /usr/bin/skiff";

    [Theory]
    [InlineData(Code, true, false)]
    [InlineData("0093f000-00a3f000 r--p 0053f000 fe:00 5309526    /usr/bin/skiff", true, false)]
    [InlineData("00c4a000-00df9000 rw-p 0084a000 fe:00 5309526    /usr/bin/skiff", true, true)]
    [InlineData("00c4a000-00df9000 rw-s 0084a000 fe:00 5309526    /dev/shm/shared", false, false)]
    [InlineData("7f1c01400000-7f1c01447000 rw-p 00000000 00:00 0 ", false, false)]
    [InlineData("7f1c3db57000-7f1c3db58000 r--p 00000000 00:00 0 ", false, false)]
    [InlineData("7ffc25ecc000-7ffc25eed000 r-xp 00000000 00:00 0    [vdso]", false, false)]
    public void Private_mappings_of_files_are_looked_at(string line, bool found, bool writable)
    {
        List<IdleMemory.Mapping> mappings = IdleMemory.FileMappings(Encoding.ASCII.GetBytes(line + "\n"));
        Assert.Equal(found, mappings.Count == 1);
        Assert.All(mappings, mapping => Assert.Equal(writable, mapping.IsWritable));
    }

    [Fact]
    public void The_range_is_that_of_the_mapping() => Assert.Equal([new(0x404000, 0x93f000, false)],
        IdleMemory.FileMappings(Encoding.ASCII.GetBytes(Code)));

    [Fact]
    public void A_process_goes_on_after_it_gave_memory_back()
    {
        var kept = Enumerable.Range(0, 1000).Select(i => i.ToString()).ToList();
        IdleMemory.GiveBack();
        Assert.Equal("999", kept[^1]);
        Assert.Equal(500500, Enumerable.Range(1, 1000).Sum());
    }
}
