namespace Skiff.Agent.Api.Http;

/// <summary>A request that breaks HTTP, or a limit: it is answered, and the connection is closed.</summary>
/// <param name="status">The status to answer with.</param>
/// <param name="message">What is wrong.</param>
internal sealed class HttpFault(int status, string message) : Exception(message)
{
    /// <summary>The status to answer with.</summary>
    public int Status { get; } = status;
}
