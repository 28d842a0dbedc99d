using Skiff.Layers.Oci;

namespace Skiff.Layers.Registry;

/// <summary>Small response bodies, read whole.</summary>
internal static class RegistryBody
{
    /// <summary>
    /// Reads a body of at most <paramref name="maxBytes"/>; a longer one is refused before it is stored, one that does
    /// not come within <paramref name="timeoutMs"/> is a <see cref="TimeoutException"/>.
    /// </summary>
    public static async Task<byte[]> ReadAsync(
        HttpResponseMessage response, int maxBytes, string what, int timeoutMs, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(timeoutMs);
        try
        {
            return await ReadAsync(response, maxBytes, what, patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"{what} did not come within {timeoutMs / 1000} s", e);
        }
    }

    private static async Task<byte[]> ReadAsync(
        HttpResponseMessage response, int maxBytes, string what, CancellationToken cancellation)
    {
        long? announced = response.Content.Headers.ContentLength;
        if (announced > maxBytes) throw new ImageException($"{what} of {announced} bytes: expected {maxBytes} at most");
        Stream body = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            byte[] buffer = new byte[(int)(announced ?? 16 << 10) + 1];
            int length = 0;
            while (await body.ReadAsync(buffer.AsMemory(length), cancellation)
                .ConfigureAwait(false) is > 0 and var count)
            {
                length += count;
                if (length > maxBytes) throw new ImageException($"{what} of more than {maxBytes} bytes");
                if (length == buffer.Length) Array.Resize(ref buffer, Math.Min(buffer.Length * 2, maxBytes + 1));
            }
            return buffer.AsSpan(0, length).ToArray();
        }
    }
}
