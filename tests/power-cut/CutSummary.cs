namespace Skiff.PowerCut;

/// <summary>What one cut did to the disk's cache.</summary>
/// <param name="Mode">How it decided.</param>
/// <param name="Writes">Writes since the last flush.</param>
/// <param name="Kept">Those that reached the medium whole.</param>
/// <param name="Torn">Those of which only a part did.</param>
internal readonly record struct CutSummary(CutMode Mode, int Writes, int Kept, int Torn)
{
    /// <summary>For the log.</summary>
    public override string ToString() =>
        $"{Writes} unflushed writes, {Kept} kept, {Torn} torn, {Writes - Kept - Torn} lost";
}
