using System.IO.Pipelines;

namespace Skiff.Agent.Api.Http;

/// <summary>A connection that a handler has taken over. What the client had sent ahead is in the input.</summary>
/// <param name="Input">From the client.</param>
/// <param name="Output">To the client.</param>
internal readonly record struct Duplex(PipeReader Input, Stream Output);
