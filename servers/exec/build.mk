server := exec
sources := main.c request.c file.c image.c stack.c personality.c run.c random.c
uses := elf rt
