namespace Skiff.Agent.Images;

/// <summary>Told how a push gets on.</summary>
internal interface IPushProgress
{
    /// <summary>Called from several threads, often: must be quick and must not throw.</summary>
    void Report(in PushProgress progress);
}
