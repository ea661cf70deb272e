// SPDX-License-Identifier: MIT
// Go's runtime preempts a goroutine that computes without a call by SIGURG.
//
// build: go build -o $OUT $SOURCE
// needs: go
package main

import (
	"fmt"
	"runtime"
	"sync/atomic"
)

var stop int32

func compute(out chan uint64) {
	var passes uint64
	value := uint64(1)
	for atomic.LoadInt32(&stop) == 0 {
		value = value*6364136223846793005 + 1
		passes++
	}
	out <- passes
	out <- value
}

// No load that the compiler keeps: only a signal gets it to stop.
func computeBlindly(n int) uint64 {
	value := uint64(1)
	for i := 0; i < n; i++ {
		value = value*6364136223846793005 + uint64(i)
	}
	return value
}

func main() {
	runtime.GOMAXPROCS(2)
	out := make(chan uint64, 2)
	blind := make(chan uint64)
	go compute(out)
	go func() { blind <- computeBlindly(200000000) }()
	for i := 0; i < 3; i++ {
		garbage := make([][]byte, 0)
		for j := 0; j < 200; j++ {
			garbage = append(garbage, make([]byte, 1000))
		}
		runtime.GC()
		fmt.Println("collected", i, len(garbage))
		runtime.Gosched()
	}
	fmt.Println(<-blind)
	atomic.StoreInt32(&stop, 1)
	fmt.Println(<-out, <-out)
	fmt.Println("EXIT-SUCCESS")
}
