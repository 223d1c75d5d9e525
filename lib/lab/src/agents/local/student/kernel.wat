;; The student's arithmetic, on 32-bit floats, four at a time. Addresses are in bytes, all others are counts.
;; Each sum has a fixed order, so that the same input gives the same bytes on every machine.
(module
  (import "env" "memory" (memory 1 65536 shared))

  ;; C += A · B, with C of m × n and B of k × n, row by row; n is a multiple of 8.
  ;; A's element (i, l) is at a + i · rowStride + l · columnStride (in bytes), so that a transpose needs no copy.
  (func (export "multiply")
    (param $c i32) (param $a i32) (param $b i32) (param $m i32) (param $k i32) (param $n i32)
    (param $rowStride i32) (param $columnStride i32)
    (local $i i32) (local $j i32) (local $l i32) (local $width i32)
    (local $pa i32) (local $pa1 i32) (local $pa2 i32) (local $pa3 i32) (local $pb i32) (local $pc i32)
    (local $b0 v128) (local $b1 v128) (local $x v128)
    (local $s00 v128) (local $s01 v128) (local $s10 v128) (local $s11 v128)
    (local $s20 v128) (local $s21 v128) (local $s30 v128) (local $s31 v128)
    (local.set $width (i32.shl (local.get $n) (i32.const 2)))
    (loop $columns
      (if (i32.lt_u (local.get $j) (local.get $n)) (then
        (local.set $i (i32.const 0))
        ;; Four rows of C at once, eight columns: eight sums that stay in registers.
        (loop $fours
          (if (i32.le_u (i32.add (local.get $i) (i32.const 4)) (local.get $m)) (then
            (local.set $pa (i32.add (local.get $a) (i32.mul (local.get $i) (local.get $rowStride))))
            (local.set $pa1 (i32.add (local.get $pa) (local.get $rowStride)))
            (local.set $pa2 (i32.add (local.get $pa1) (local.get $rowStride)))
            (local.set $pa3 (i32.add (local.get $pa2) (local.get $rowStride)))
            (local.set $pb (i32.add (local.get $b) (i32.shl (local.get $j) (i32.const 2))))
            (local.set $pc (i32.add (i32.add (local.get $c) (i32.mul (local.get $i) (local.get $width)))
              (i32.shl (local.get $j) (i32.const 2))))
            (local.set $s00 (v128.const i32x4 0 0 0 0)) (local.set $s01 (v128.const i32x4 0 0 0 0))
            (local.set $s10 (v128.const i32x4 0 0 0 0)) (local.set $s11 (v128.const i32x4 0 0 0 0))
            (local.set $s20 (v128.const i32x4 0 0 0 0)) (local.set $s21 (v128.const i32x4 0 0 0 0))
            (local.set $s30 (v128.const i32x4 0 0 0 0)) (local.set $s31 (v128.const i32x4 0 0 0 0))
            (local.set $l (local.get $k))
            (loop $inner
              (if (local.get $l) (then
                (local.set $b0 (v128.load (local.get $pb)))
                (local.set $b1 (v128.load offset=16 (local.get $pb)))
                (local.set $x (v128.load32_splat (local.get $pa)))
                (local.set $s00 (f32x4.add (local.get $s00) (f32x4.mul (local.get $x) (local.get $b0))))
                (local.set $s01 (f32x4.add (local.get $s01) (f32x4.mul (local.get $x) (local.get $b1))))
                (local.set $x (v128.load32_splat (local.get $pa1)))
                (local.set $s10 (f32x4.add (local.get $s10) (f32x4.mul (local.get $x) (local.get $b0))))
                (local.set $s11 (f32x4.add (local.get $s11) (f32x4.mul (local.get $x) (local.get $b1))))
                (local.set $x (v128.load32_splat (local.get $pa2)))
                (local.set $s20 (f32x4.add (local.get $s20) (f32x4.mul (local.get $x) (local.get $b0))))
                (local.set $s21 (f32x4.add (local.get $s21) (f32x4.mul (local.get $x) (local.get $b1))))
                (local.set $x (v128.load32_splat (local.get $pa3)))
                (local.set $s30 (f32x4.add (local.get $s30) (f32x4.mul (local.get $x) (local.get $b0))))
                (local.set $s31 (f32x4.add (local.get $s31) (f32x4.mul (local.get $x) (local.get $b1))))
                (local.set $pa (i32.add (local.get $pa) (local.get $columnStride)))
                (local.set $pa1 (i32.add (local.get $pa1) (local.get $columnStride)))
                (local.set $pa2 (i32.add (local.get $pa2) (local.get $columnStride)))
                (local.set $pa3 (i32.add (local.get $pa3) (local.get $columnStride)))
                (local.set $pb (i32.add (local.get $pb) (local.get $width)))
                (local.set $l (i32.sub (local.get $l) (i32.const 1)))
                (br $inner))))
            (v128.store (local.get $pc) (f32x4.add (v128.load (local.get $pc)) (local.get $s00)))
            (v128.store offset=16 (local.get $pc) (f32x4.add (v128.load offset=16 (local.get $pc)) (local.get $s01)))
            (local.set $pc (i32.add (local.get $pc) (local.get $width)))
            (v128.store (local.get $pc) (f32x4.add (v128.load (local.get $pc)) (local.get $s10)))
            (v128.store offset=16 (local.get $pc) (f32x4.add (v128.load offset=16 (local.get $pc)) (local.get $s11)))
            (local.set $pc (i32.add (local.get $pc) (local.get $width)))
            (v128.store (local.get $pc) (f32x4.add (v128.load (local.get $pc)) (local.get $s20)))
            (v128.store offset=16 (local.get $pc) (f32x4.add (v128.load offset=16 (local.get $pc)) (local.get $s21)))
            (local.set $pc (i32.add (local.get $pc) (local.get $width)))
            (v128.store (local.get $pc) (f32x4.add (v128.load (local.get $pc)) (local.get $s30)))
            (v128.store offset=16 (local.get $pc) (f32x4.add (v128.load offset=16 (local.get $pc)) (local.get $s31)))
            (local.set $i (i32.add (local.get $i) (i32.const 4)))
            (br $fours))))
        ;; The rows that are left, one by one.
        (loop $ones
          (if (i32.lt_u (local.get $i) (local.get $m)) (then
            (local.set $pa (i32.add (local.get $a) (i32.mul (local.get $i) (local.get $rowStride))))
            (local.set $pb (i32.add (local.get $b) (i32.shl (local.get $j) (i32.const 2))))
            (local.set $pc (i32.add (i32.add (local.get $c) (i32.mul (local.get $i) (local.get $width)))
              (i32.shl (local.get $j) (i32.const 2))))
            (local.set $s00 (v128.const i32x4 0 0 0 0)) (local.set $s01 (v128.const i32x4 0 0 0 0))
            (local.set $l (local.get $k))
            (loop $inner
              (if (local.get $l) (then
                (local.set $x (v128.load32_splat (local.get $pa)))
                (local.set $s00 (f32x4.add (local.get $s00) (f32x4.mul (local.get $x) (v128.load (local.get $pb)))))
                (local.set $s01 (f32x4.add (local.get $s01) (f32x4.mul (local.get $x) (v128.load offset=16 (local.get $pb)))))
                (local.set $pa (i32.add (local.get $pa) (local.get $columnStride)))
                (local.set $pb (i32.add (local.get $pb) (local.get $width)))
                (local.set $l (i32.sub (local.get $l) (i32.const 1)))
                (br $inner))))
            (v128.store (local.get $pc) (f32x4.add (v128.load (local.get $pc)) (local.get $s00)))
            (v128.store offset=16 (local.get $pc) (f32x4.add (v128.load offset=16 (local.get $pc)) (local.get $s01)))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br $ones))))
        (local.set $j (i32.add (local.get $j) (i32.const 8)))
        (br $columns)))))

  ;; Row i of `rows` += the rows of `table` whose numbers are ids[starts[i]] … ids[starts[i + 1] - 1]; width is a multiple of 16.
  (func (export "gather")
    (param $rows i32) (param $count i32) (param $width i32) (param $table i32) (param $ids i32) (param $starts i32)
    (local $bytes i32) (local $at i32) (local $p i32) (local $end i32) (local $first i32) (local $last i32)
    (local $s0 v128) (local $s1 v128) (local $s2 v128) (local $s3 v128)
    (local.set $bytes (i32.shl (local.get $width) (i32.const 2)))
    (loop $each
      (if (local.get $count) (then
        (local.set $first (i32.add (local.get $ids) (i32.shl (i32.load (local.get $starts)) (i32.const 2))))
        (local.set $last (i32.add (local.get $ids) (i32.shl (i32.load offset=4 (local.get $starts)) (i32.const 2))))
        (local.set $at (i32.const 0))
        (loop $columns
          (if (i32.lt_u (local.get $at) (local.get $bytes)) (then
            (local.set $p (i32.add (local.get $rows) (local.get $at)))
            (local.set $s0 (v128.load (local.get $p))) (local.set $s1 (v128.load offset=16 (local.get $p)))
            (local.set $s2 (v128.load offset=32 (local.get $p))) (local.set $s3 (v128.load offset=48 (local.get $p)))
            (local.set $end (local.get $first))
            (loop $ids
              (if (i32.lt_u (local.get $end) (local.get $last)) (then
                (local.set $p (i32.add (i32.add (local.get $table) (local.get $at))
                  (i32.mul (i32.load (local.get $end)) (local.get $bytes))))
                (local.set $s0 (f32x4.add (local.get $s0) (v128.load (local.get $p))))
                (local.set $s1 (f32x4.add (local.get $s1) (v128.load offset=16 (local.get $p))))
                (local.set $s2 (f32x4.add (local.get $s2) (v128.load offset=32 (local.get $p))))
                (local.set $s3 (f32x4.add (local.get $s3) (v128.load offset=48 (local.get $p))))
                (local.set $end (i32.add (local.get $end) (i32.const 4)))
                (br $ids))))
            (local.set $p (i32.add (local.get $rows) (local.get $at)))
            (v128.store (local.get $p) (local.get $s0)) (v128.store offset=16 (local.get $p) (local.get $s1))
            (v128.store offset=32 (local.get $p) (local.get $s2)) (v128.store offset=48 (local.get $p) (local.get $s3))
            (local.set $at (i32.add (local.get $at) (i32.const 64)))
            (br $columns))))
        (local.set $rows (i32.add (local.get $rows) (local.get $bytes)))
        (local.set $starts (i32.add (local.get $starts) (i32.const 4)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $each)))))

  ;; The other way round: those rows of `table` += row i of `rows`.
  (func (export "scatter")
    (param $rows i32) (param $count i32) (param $width i32) (param $table i32) (param $ids i32) (param $starts i32)
    (local $bytes i32) (local $at i32) (local $p i32) (local $end i32) (local $first i32) (local $last i32)
    (local $s0 v128) (local $s1 v128) (local $s2 v128) (local $s3 v128)
    (local.set $bytes (i32.shl (local.get $width) (i32.const 2)))
    (loop $each
      (if (local.get $count) (then
        (local.set $first (i32.add (local.get $ids) (i32.shl (i32.load (local.get $starts)) (i32.const 2))))
        (local.set $last (i32.add (local.get $ids) (i32.shl (i32.load offset=4 (local.get $starts)) (i32.const 2))))
        (local.set $at (i32.const 0))
        (loop $columns
          (if (i32.lt_u (local.get $at) (local.get $bytes)) (then
            (local.set $p (i32.add (local.get $rows) (local.get $at)))
            (local.set $s0 (v128.load (local.get $p))) (local.set $s1 (v128.load offset=16 (local.get $p)))
            (local.set $s2 (v128.load offset=32 (local.get $p))) (local.set $s3 (v128.load offset=48 (local.get $p)))
            (local.set $end (local.get $first))
            (loop $ids
              (if (i32.lt_u (local.get $end) (local.get $last)) (then
                (local.set $p (i32.add (i32.add (local.get $table) (local.get $at))
                  (i32.mul (i32.load (local.get $end)) (local.get $bytes))))
                (v128.store (local.get $p) (f32x4.add (v128.load (local.get $p)) (local.get $s0)))
                (v128.store offset=16 (local.get $p) (f32x4.add (v128.load offset=16 (local.get $p)) (local.get $s1)))
                (v128.store offset=32 (local.get $p) (f32x4.add (v128.load offset=32 (local.get $p)) (local.get $s2)))
                (v128.store offset=48 (local.get $p) (f32x4.add (v128.load offset=48 (local.get $p)) (local.get $s3)))
                (local.set $end (i32.add (local.get $end) (i32.const 4)))
                (br $ids))))
            (local.set $at (i32.add (local.get $at) (i32.const 64)))
            (br $columns))))
        (local.set $rows (i32.add (local.get $rows) (local.get $bytes)))
        (local.set $starts (i32.add (local.get $starts) (i32.const 4)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $each))))))
