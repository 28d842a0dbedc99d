using Skiff.Agent.Api.Http;
using Skiff.Layers.Tar;

namespace Skiff.Agent.Api;

/// <summary>A tar as an answer.</summary>
internal static class TarAnswer
{
    private const int BufferBytes = 64 << 10;

    /// <summary>
    /// Has it written, on this thread, which waits for the client. The answer begins with the first piece: what goes
    /// wrong before is an error of its own.
    /// </summary>
    public static void Send(Exchange x, string contentType, Action<TarSink> write)
    {
        BufferedStream? answer = null;
        write(piece =>
        {
            answer ??= new BufferedStream(x.BeginAsync(200, contentType).GetAwaiter().GetResult(), BufferBytes);
            answer.Write(piece);
        });
        answer?.Flush();
    }
}
