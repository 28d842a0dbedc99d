namespace Skiff.Interop.Processes;

internal static partial class LaunchCode
{
    /// <summary>The launch routine for arm64; assembled from launch.arm64.S beside the tests, which compare.</summary>
    internal static ReadOnlySpan<byte> Arm64 =>
    [
        // launch:
        0xE9, 0x03, 0x02, 0xAA,                                 // mov x9, x2
        0x68, 0x36, 0x80, 0xD2,                                 // mov x8, #0x1b3
        0x01, 0x00, 0x00, 0xD4,                                 // svc #0x0
        0x40, 0x00, 0x00, 0xB4,                                 // cbz x0, child
        0xC0, 0x03, 0x5F, 0xD6,                                 // ret
        // child:
        0x2A, 0x01, 0x40, 0xF9,                                 // ldr x10, [x9]
        // next:
        0x2A, 0x05, 0x00, 0xF9,                                 // str x10, [x9, #8]
        0x48, 0x01, 0x40, 0xA9,                                 // ldp x8, x0, [x10]
        0xA8, 0x04, 0xF8, 0xB7,                                 // tbnz x8, #63, stop
        0x41, 0x09, 0x41, 0xA9,                                 // ldp x1, x2, [x10, #16]
        0x43, 0x11, 0x42, 0xA9,                                 // ldp x3, x4, [x10, #32]
        0x45, 0x2D, 0x43, 0xA9,                                 // ldp x5, x11, [x10, #48]
        0x4C, 0x41, 0x40, 0xB9,                                 // ldr w12, [x10, #64]
        0x4C, 0x00, 0x00, 0x36,                                 // tbz w12, #0, next+0x24
        0x00, 0x00, 0x40, 0xF9,                                 // ldr x0, [x0]
        0x4C, 0x00, 0x08, 0x36,                                 // tbz w12, #1, next+0x2c
        0x21, 0x00, 0x40, 0xF9,                                 // ldr x1, [x1]
        0x4C, 0x00, 0x10, 0x36,                                 // tbz w12, #2, next+0x34
        0x42, 0x00, 0x40, 0xF9,                                 // ldr x2, [x2]
        0x4C, 0x00, 0x18, 0x36,                                 // tbz w12, #3, next+0x3c
        0x63, 0x00, 0x40, 0xF9,                                 // ldr x3, [x3]
        0x4C, 0x00, 0x20, 0x36,                                 // tbz w12, #4, next+0x44
        0x84, 0x00, 0x40, 0xF9,                                 // ldr x4, [x4]
        0x4C, 0x00, 0x28, 0x36,                                 // tbz w12, #5, next+0x4c
        0xA5, 0x00, 0x40, 0xF9,                                 // ldr x5, [x5]
        0x01, 0x00, 0x00, 0xD4,                                 // svc #0x0
        0x60, 0x01, 0x00, 0xF9,                                 // str x0, [x11]
        0x1F, 0xFC, 0x3F, 0xB1,                                 // cmn x0, #0xfff
        0xA2, 0x00, 0x00, 0x54,                                 // b.cs error
        0x4C, 0x45, 0x40, 0xB9,                                 // ldr w12, [x10, #68]
        // advance:
        0x4A, 0x01, 0x0C, 0x8B,                                 // add x10, x10, x12
        0x4A, 0xC1, 0x01, 0x91,                                 // add x10, x10, #0x70
        0xE6, 0xFF, 0xFF, 0x17,                                 // b next
        // error:
        0xE0, 0x03, 0x00, 0xCB,                                 // neg x0, x0
        0x1F, 0xFC, 0x03, 0xF1,                                 // cmp x0, #0xff
        0x68, 0x01, 0x00, 0x54,                                 // b.hi fail
        0x0D, 0xFC, 0x46, 0xD3,                                 // lsr x13, x0, #6
        0x4E, 0x41, 0x01, 0x91,                                 // add x14, x10, #0x50
        0xCE, 0x79, 0x6D, 0xF8,                                 // ldr x14, [x14, x13, lsl #3]
        0xCE, 0x25, 0xC0, 0x9A,                                 // lsr x14, x14, x0
        0x4C, 0x49, 0x40, 0xB9,                                 // ldr w12, [x10, #72]
        0xAE, 0xFE, 0x07, 0x37,                                 // tbnz w14, #0, advance
        0x4C, 0x4D, 0x40, 0xB9,                                 // ldr w12, [x10, #76]
        0x6C, 0xFE, 0xFF, 0x35,                                 // cbnz w12, advance
        0x02, 0x00, 0x00, 0x14,                                 // b fail
        // stop:
        0xE0, 0x03, 0x08, 0xAA,                                 // mov x0, x8
        // fail:
        0x20, 0x09, 0x00, 0xF9,                                 // str x0, [x9, #16]
        0xA0, 0x0F, 0x80, 0xD2,                                 // mov x0, #0x7d
        0xC8, 0x0B, 0x80, 0xD2,                                 // mov x8, #0x5e
        0x01, 0x00, 0x00, 0xD4,                                 // svc #0x0
        0x00, 0x00, 0x20, 0xD4,                                 // brk #0x0
    ];
}
