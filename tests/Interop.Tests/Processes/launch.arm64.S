// The launch routine for arm64: long launch(clone_args *x0, size_t x1, header *x2).
// See launch.x64.S for the layout of header and step. A system call changes x0 only.
    .text
launch:
    mov  x9, x2
    mov  x8, #435               // clone3
    svc  #0
    cbz  x0, child
    ret
child:
    ldr  x10, [x9]
next:
    str  x10, [x9, #8]
    ldp  x8, x0, [x10]
    tbnz x8, #63, stop          // a negative number is "stop here"
    ldp  x1, x2, [x10, #16]
    ldp  x3, x4, [x10, #32]
    ldp  x5, x11, [x10, #48]
    ldr  w12, [x10, #64]
    tbz  w12, #0, 1f
    ldr  x0, [x0]
1:  tbz  w12, #1, 1f
    ldr  x1, [x1]
1:  tbz  w12, #2, 1f
    ldr  x2, [x2]
1:  tbz  w12, #3, 1f
    ldr  x3, [x3]
1:  tbz  w12, #4, 1f
    ldr  x4, [x4]
1:  tbz  w12, #5, 1f
    ldr  x5, [x5]
1:  svc  #0
    str  x0, [x11]
    cmn  x0, #4095
    b.hs error
    ldr  w12, [x10, #68]
advance:
    add  x10, x10, x12
    add  x10, x10, #112
    b    next
error:
    neg  x0, x0
    cmp  x0, #255
    b.hi fail
    lsr  x13, x0, #6
    add  x14, x10, #80
    ldr  x14, [x14, x13, lsl #3]
    lsr  x14, x14, x0           // the shift count is taken modulo 64
    ldr  w12, [x10, #72]
    tbnz x14, #0, advance
    ldr  w12, [x10, #76]
    cbnz w12, advance
    b    fail
stop:
    mov  x0, x8
fail:
    str  x0, [x9, #16]
    mov  x0, #125
    mov  x8, #94                // exit_group
    svc  #0
    brk  #0
