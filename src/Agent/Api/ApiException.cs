namespace Skiff.Agent.Api;

/// <summary>An answer that is an error: a status, and a text in <c>{"message": ...}</c>.</summary>
/// <param name="status">The status.</param>
/// <param name="message">What is wrong.</param>
internal sealed class ApiException(int status, string message) : Exception(message)
{
    /// <summary>The status.</summary>
    public int Status { get; } = status;

    /// <summary>A parameter, or a body, is not what it has to be.</summary>
    public static ApiException Bad(string message) => new(400, message);
}
