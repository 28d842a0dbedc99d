using Skiff.Agent.Images;
using Skiff.Interop;

namespace Skiff.Agent.Manager;

/// <summary>
/// Keeps room on the disk of the durable root by removing unused images when it is fuller than a high watermark, until
/// it is not fuller than a low one. Only who asks for it has one: an engine that removes by itself what somebody has
/// pulled would surprise its users.
/// </summary>
internal sealed class DiskGovernor(Engine engine, Watermarks marks, Action<string> log)
{
    /// <summary>How often to look, in milliseconds.</summary>
    public const int IntervalMs = 60_000;

    private bool _toldOfFailure;

    /// <summary>Looks, and makes room when it is needed. Never waits: a pull that is going on gets its turn.</summary>
    public void Look()
    {
        engine.Images.Reserve.Ensure();
        if (!marks.High.IsExceeded(engine.Disk()))
        {
            _toldOfFailure = false;
            return;
        }
        DateTimeOffset usedBefore = DateTimeOffset.UtcNow - Engine.ImageGrace;
        if (engine.MakeRoom(marks, usedBefore, dryRun: false, wait: false) is not { } result) return;
        foreach (string line in result.Lines) log($"disk governor: {line}");
        if (result.Lines.Count > 0) log($"disk governor: {result.Bytes} bytes are free again");
        if (_toldOfFailure || !marks.High.IsExceeded(engine.Disk())) return;
        _toldOfFailure = true;
        log($"disk governor: the disk of {engine.Roots.Root} is fuller than {marks.High}, and no image can be removed");
    }
}
